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
 * The sentence for people: what the order waits for, or why it failed. What is stored with the order goes before what
 * the planner says of all.
 */
export function reasonOf(order: Pick<IssuanceOrder, 'status' | 'reason'>, waiting?: WaitingReason): string | undefined {
  if (order.reason !== undefined) return order.reason;
  if (order.status !== 'queued') return undefined;
  return waiting === undefined ? WAITING_IN_LINE : waitingSentence(waiting);
}
