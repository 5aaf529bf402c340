import { addSeconds } from '../../kernel/clock.js';
import { type IssuanceOrder, isOpen } from './order.js';
import type { WaitingReason } from './planner/waiting-reason.js';

/**
 * When the order's certificate can be expected, if nothing more goes wrong: as the planner says of one that waits for
 * its start (never, for one that only an operator can help); undefined then, and for an order that has ended.
 */
export function estimatedEnd(
  order: Pick<IssuanceOrder, 'status' | 'nextAttemptAt'>,
  waiting: Pick<WaitingReason, 'estimatedAt'> | undefined,
  secondsPerOrder: number,
  now: Date,
): Date | undefined {
  if (!isOpen(order.status)) return undefined;
  const soonest = addSeconds(order.nextAttemptAt > now ? order.nextAttemptAt : now, secondsPerOrder);
  // What the planner says may be some time old.
  if (waiting === undefined || order.status === 'issuing' || waiting.estimatedAt < soonest.getTime()) return soonest;
  return waiting.estimatedAt <= MOST_MILLISECONDS ? new Date(waiting.estimatedAt) : undefined;
}

/** Of a Date. */
const MOST_MILLISECONDS = 8.64e15;

const SOONEST_SECONDS = 1;
const LATEST_SECONDS = 3_600;

/** `Retry-After` of an open order: when asking again is worth it, between a second and an hour. */
export function pollAfterSeconds(estimatedAt: Date, now: Date): number {
  const seconds = Math.ceil((estimatedAt.getTime() - now.getTime()) / 1000);
  return Math.min(Math.max(seconds, SOONEST_SECONDS), LATEST_SECONDS);
}
