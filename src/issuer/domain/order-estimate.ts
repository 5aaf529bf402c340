import { addSeconds } from '../../kernel/clock.js';
import { isOpen, type OrderStatus } from './order.js';

export interface EstimateFacts {
  readonly status: OrderStatus;
  readonly nextAttemptAt: Date;
  /** Due orders that come first. */
  readonly ahead: number;
  /** Orders that are worked on at once. */
  readonly ordersInFlight: number;
  /** How long an issuance takes. */
  readonly secondsPerOrder: number;
}

/** When the order's certificate can be expected, if nothing more goes wrong; undefined for an order that has ended. */
export function estimateIssuedAt(facts: EstimateFacts, now: Date): Date | undefined {
  if (!isOpen(facts.status)) return undefined;
  const start = facts.nextAttemptAt > now ? facts.nextAttemptAt : now;
  const rounds = facts.status === 'queued' ? Math.floor(facts.ahead / Math.max(1, facts.ordersInFlight)) : 0;
  return addSeconds(start, (rounds + 1) * facts.secondsPerOrder);
}

const SOONEST_SECONDS = 1;
const LATEST_SECONDS = 3_600;

/** `Retry-After` of an open order: when asking again is worth it, between a second and an hour. */
export function pollAfterSeconds(estimatedAt: Date, now: Date): number {
  const seconds = Math.ceil((estimatedAt.getTime() - now.getTime()) / 1000);
  return Math.min(Math.max(seconds, SOONEST_SECONDS), LATEST_SECONDS);
}
