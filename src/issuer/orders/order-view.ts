import { type WaitingReason, waitingSentence } from '../domain/planner/waiting-reason.js';
import type { IssuanceOrder, OrderStatus } from '../domain/order.js';

/** An order as its device sees it (the contract's answer). Times are ISO 8601 UTC. */
export interface OrderView {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly names: readonly string[];
  readonly reason?: string;
  readonly estimatedAt?: string;
  readonly certificateUrl?: string;
}

/** Orders that no server has looked at yet. */
const WAITING_IN_LINE = 'It waits for its turn.';

/**
 * The sentence for people: what the order waits for, or why it failed. A limit that holds it goes before what is stored
 * with it, and that before its turn in the line.
 */
export function reasonOf(order: Pick<IssuanceOrder, 'status' | 'reason'>, waiting?: WaitingReason): string | undefined {
  // What is stored may be over: the order is due, and a limit is what it waits for now.
  if (waiting?.code === 'limit' && (order.status === 'queued' || order.status === 'deferred')) {
    return waitingSentence(waiting);
  }
  if (order.reason !== undefined) return order.reason;
  if (order.status !== 'queued') return undefined;
  return waiting === undefined ? WAITING_IN_LINE : waitingSentence(waiting);
}
