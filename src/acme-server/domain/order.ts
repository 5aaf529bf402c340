import { authorizationStatus, type Authorization } from './authorization.js';
import { dnsIdentifier } from './identifier.js';
import type { Problem, Subproblem } from './problem.js';

export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';

/**
 * Which rate limits an order does not spend: `ari` all but the exact set, `renewal` new orders and the per-domain
 * limit as well (it is for the names of an earlier certificate), `none` spends everything.
 */
export type LimitExemption = 'none' | 'renewal' | 'ari';

/** RFC 8555 section 7.1.3. The status is not stored: it follows from what is. */
export interface Order {
  readonly id: string;
  readonly accountId: string;
  /** Rises with each order: the cursor of an account's list. */
  readonly sequence: number;
  /** Identifier values, lower case, sorted. */
  readonly names: readonly string[];
  readonly profile: string;
  /** ARI certID of the certificate that this order replaces (RFC 9773 section 5). */
  readonly replaces?: string;
  readonly exemption: LimitExemption;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly authorizationIds: readonly string[];
  /** DER; there as soon as the order is finalized. */
  readonly csr?: Uint8Array;
  readonly error?: Problem;
  readonly certificateId?: string;
}

/** An order with the authorizations it needs, in the order of its names. */
export interface OrderWithAuthorizations {
  readonly order: Order;
  readonly authorizations: readonly Authorization[];
}

/** RFC 8555 section 7.1.6. */
export function orderStatus({ order, authorizations }: OrderWithAuthorizations, now: Date): OrderStatus {
  if (order.error) return 'invalid';
  if (order.certificateId !== undefined) return 'valid';
  // Once finalized, neither the order's nor an authorization's end matters: the CA has said yes.
  if (order.csr) return 'processing';
  if (now >= order.expiresAt) return 'invalid';
  const statuses = authorizations.map((authorization) => authorizationStatus(authorization, now));
  if (statuses.some((status) => status !== 'pending' && status !== 'valid')) return 'invalid';
  return statuses.every((status) => status === 'valid') ? 'ready' : 'pending';
}

/**
 * Why the order is invalid, as far as that is known: its own error, or those of its failed authorizations
 * (RFC 8555 section 6.7.1: one becomes the order's, several become subproblems).
 */
export function orderError({ order, authorizations }: OrderWithAuthorizations): Problem | undefined {
  if (order.error || order.certificateId !== undefined || order.csr) return order.error;
  const failures = authorizations.flatMap(({ identifier, challenge }): Subproblem[] =>
    challenge.error
      ? [{ type: challenge.error.type, detail: challenge.error.detail, identifier: dnsIdentifier(identifier) }]
      : [],
  );
  const [first] = failures;
  if (!first) return undefined;
  if (failures.length === 1) return { type: first.type, detail: first.detail };
  return {
    type: 'compound',
    detail: `${failures.length} of ${authorizations.length} authorizations failed. Refer to sub-problems for more information.`,
    subproblems: failures,
  };
}
