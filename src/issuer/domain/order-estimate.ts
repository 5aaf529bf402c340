import { addSeconds } from '../../kernel/clock.js';
import { type IssuanceOrder, isOpen } from './order.js';
import type { ReasonCode } from './order-reason.js';
import type { WaitingReason } from './planner/waiting-reason.js';

/** Nobody knows when these end. */
const OPEN_ENDED: ReadonlySet<string> = new Set<ReasonCode>(['ca_unreachable', 'ca_account']);

/**
 * When the order's certificate can be expected, if nothing more goes wrong: as the planner says of one that waits for
 * its start (never, for one that only an operator can help). Undefined then, while the CA or our account there cannot
 * be reached, and for an order that has ended.
 */
export function estimatedEnd(
  order: Pick<IssuanceOrder, 'status' | 'nextAttemptAt'> & { readonly reasonCode?: string | null },
  waiting: Pick<WaitingReason, 'estimatedAt' | 'code'> | undefined,
  secondsPerOrder: number,
  now: Date,
): Date | undefined {
  if (!isOpen(order.status)) return undefined;
  // What is stored may be over when a limit holds the order: that is the reason which is shown, too.
  if (OPEN_ENDED.has(order.reasonCode ?? '') && waiting?.code !== 'limit') return undefined;
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

const FIRST_UNKNOWN_SECONDS = 60;
const LAST_UNKNOWN_SECONDS = 200;
/** At most this share is added, so that a fleet that waits together does not ask together. */
const UNKNOWN_JITTER = 0.5;

/**
 * `Retry-After` of an open order of which nobody knows when it goes on: at least a minute, longer the longer it has
 * waited, at most five minutes. `random` is uniform in [0, 1).
 */
export function pollUnknownSeconds(waitingSince: Date, now: Date, random: number): number {
  const share = (now.getTime() - waitingSince.getTime()) / 4000;
  const seconds = Math.min(Math.max(share, FIRST_UNKNOWN_SECONDS), LAST_UNKNOWN_SECONDS);
  return Math.round(seconds * (1 + UNKNOWN_JITTER * random));
}
