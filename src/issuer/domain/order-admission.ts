import { addSeconds } from '../../kernel/clock.js';
import { isQuarantined, retryDelaySeconds } from './backoff.js';
import type { OrderStatus } from './order.js';

/** The device's open order, of which there is at most one. */
export interface OpenOrder {
  readonly id: string;
  readonly csrSha256: string;
  readonly spkiSha256: string;
  readonly status: OrderStatus;
  readonly names: readonly string[];
  /** A server works on it right now. */
  readonly leased: boolean;
  /** The CA was given a CSR (finalize): the certificate may exist already. */
  readonly finalized: boolean;
  readonly acmeOrderUrl?: string;
}

export interface AdmissionFacts {
  readonly csrSha256: string;
  readonly spkiSha256: string;
  readonly names: readonly string[];
  readonly open?: OpenOrder;
  /** The newest order that was issued for this very CSR, and whether its certificate still serves. */
  readonly issued?: {
    readonly id: string;
    readonly renewAt: Date;
    readonly revoked: boolean;
    readonly newest: boolean;
  };
  /** Orders of this device in a row that failed at the CA since the last certificate. */
  readonly failures: number;
  readonly lastFailureAt?: Date;
}

export type Admission =
  /** The same CSR again, or another one for the same key and names: its order. */
  | { readonly kind: 'same-order'; readonly orderId: string }
  /** Issued for this CSR already. */
  | { readonly kind: 'issued'; readonly orderId: string }
  /** Another order is in the CA's hands. */
  | { readonly kind: 'busy'; readonly orderId: string; readonly retryAfterSeconds: number }
  | {
      readonly kind: 'accept';
      /** The open order that the newer CSR ends. */
      readonly supersedes?: string;
      /** Go on with its order at the CA: the names are the same, and a CSR is only given to the CA at finalize. */
      readonly inheritAcmeOrder: boolean;
      /** The first try is not before this time. */
      readonly notBefore: Date;
      /** Orders of this device in a row that failed at the CA since its last certificate. */
      readonly failures: number;
      /** Failed orders that hold it back; 0: it does not wait for that. */
      readonly heldBackBy: number;
      /** It fails so often that it is tried once a day. */
      readonly quarantined: boolean;
    };

/** A step of the CA takes seconds; by then the order has ended, or is deferred and can be superseded. */
const BUSY_SECONDS = 15;

/**
 * What becomes of a CSR that a device sends.
 * - The newest CSR wins while its forerunner waits: the device may have lost that key.
 * - An order that a server works on, or whose CSR the CA has, is not torn apart: the device is asked to come back.
 * - After orders that failed at the CA the next one waits for the backoff, so that a device that never gives up does
 *   not burn the CA's limit of failed authorizations.
 */
export function admitOrder(facts: AdmissionFacts, now: Date): Admission {
  const { open, issued } = facts;
  if (open !== undefined && asksForTheSame(open, facts)) return { kind: 'same-order', orderId: open.id };
  if (open !== undefined && (open.leased || open.finalized)) {
    return { kind: 'busy', orderId: open.id, retryAfterSeconds: BUSY_SECONDS };
  }
  if (issued !== undefined && issued.newest && !issued.revoked && now < issued.renewAt) {
    return { kind: 'issued', orderId: issued.id };
  }
  const earliest =
    facts.failures > 0 && facts.lastFailureAt !== undefined
      ? addSeconds(facts.lastFailureAt, retryDelaySeconds(facts.failures, 0))
      : now;
  const heldBack = earliest > now;
  return {
    kind: 'accept',
    supersedes: open?.id,
    inheritAcmeOrder: open?.acmeOrderUrl !== undefined && sameNames(open.names, facts.names),
    notBefore: heldBack ? earliest : now,
    failures: facts.failures,
    heldBackBy: heldBack ? facts.failures : 0,
    quarantined: heldBack && isQuarantined(facts.failures),
  };
}

/** ECDSA signs differently each time: a CSR that was made anew for the same key and names asks for nothing else. */
function asksForTheSame(open: OpenOrder, facts: AdmissionFacts): boolean {
  return (
    open.csrSha256 === facts.csrSha256 || (open.spkiSha256 === facts.spkiSha256 && sameNames(open.names, facts.names))
  );
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === new Set(a).size;
}
