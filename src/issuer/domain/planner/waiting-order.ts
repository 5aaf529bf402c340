import type { ExemptionFacts } from '../limits/exemption.js';
import type { OrderSubjects } from '../limits/order-spends.js';

/**
 * An order that waits for its turn, as the planner sees it: one row of the database with what its certificate at hand
 * says. Times are milliseconds since the epoch.
 */
export interface WaitingOrder extends OrderSubjects, ExemptionFacts {
  readonly id: string;
  /** Rollouts of different groups share a contended bucket equally; '' for devices without a group. */
  readonly group: string;
  /** Its place in the line; kept over retries. */
  readonly requestedAt: number;
  /** Not before: backoff, or the CA's Retry-After. */
  readonly notBefore?: number;
  /**
   * The end of the certificate that this order replaces. Absent for a device that has none, or was silent for so long
   * that it counts as new.
   */
  readonly expiresAt?: number;
  /** From then on nothing is kept back from this order; by default a sixth of a 45-day lifetime before `expiresAt`. */
  readonly atRiskAt?: number;
  /** The CA has moved the certificate's ARI window into the past. */
  readonly revoked: boolean;
  /** A person asked for this retry. */
  readonly manual: boolean;
}

const AT_RISK_MILLISECONDS = 7.5 * 86_400_000;

/** Is the certificate so near to its end that nothing may be kept back from its renewal? */
export function isAtRisk(order: WaitingOrder, now: number): boolean {
  if (order.revoked) return true;
  if (order.expiresAt === undefined) return false;
  return now >= (order.atRiskAt ?? order.expiresAt - AT_RISK_MILLISECONDS);
}
