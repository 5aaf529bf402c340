import type { Share } from './order-class.js';

/** How a CA's budget is divided. Fractions of 1. */
export interface PlannerPolicy {
  /** Of a contended bucket's refill, when all three want more than there is; what one does not need goes to the others. */
  readonly weights: Readonly<Record<Share, number>>;
  /** Of a bucket's burst, kept back from renewals that have time, while no new device waits; `most` tokens at most. */
  readonly keptBackForNew: { readonly part: number; readonly most: number };
  /** Of a bucket's burst, kept back from everything but retries by hand. */
  readonly keptBackForManual: { readonly part: number; readonly most: number };
  /** Of the orders in flight, kept free for new devices and retries by hand. */
  readonly slotsForNew: number;
  readonly slotsForManual: number;
}

export const DEFAULT_POLICY: PlannerPolicy = {
  weights: { standing: 0.85, manual: 0.05, new: 0.1 },
  keptBackForNew: { part: 0.1, most: 50 },
  keptBackForManual: { part: 0.04, most: 10 },
  slotsForNew: 0.1,
  slotsForManual: 0.05,
};

/** Orders in flight, by share. */
export type InFlight = Readonly<Record<Share, number>>;

/** May one more order of this share start? `limit` orders at most are in flight together. */
export function hasSlot(policy: PlannerPolicy, limit: number, inFlight: InFlight, share: Share): boolean {
  const total = inFlight.standing + inFlight.manual + inFlight.new;
  if (total >= limit) return false;
  const forManual = Math.floor(limit * policy.slotsForManual);
  const forNew = Math.floor(limit * policy.slotsForNew);
  if (share === 'manual') return true;
  if (share === 'new') return inFlight.standing + inFlight.new < limit - forManual;
  return inFlight.standing < limit - forManual - forNew && inFlight.standing + inFlight.new < limit - forManual;
}

/** Which shares have orders that wait for a bucket. */
export interface Waiters {
  readonly manual: boolean;
  readonly new: boolean;
}

/**
 * Tokens of a bucket that an order of this share leaves alone, for those that may come. For shares that wait already
 * the division of the refill (weights) speaks: to keep tokens back for them as well would let them drink every one.
 */
export function keptBack(
  policy: PlannerPolicy,
  burst: number,
  order: { readonly share: Share; readonly atRisk: boolean },
  waiters: Waiters,
): number {
  const { keptBackForManual, keptBackForNew } = policy;
  const part = (kept: { readonly part: number; readonly most: number }) =>
    Math.min(Math.floor(burst * kept.part), kept.most);
  if (order.share === 'manual') return 0;
  const forManual = waiters.manual ? 0 : part(keptBackForManual);
  return order.share === 'new' || order.atRisk || waiters.new ? forManual : forManual + part(keptBackForNew);
}
