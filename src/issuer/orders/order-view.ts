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

const WAITING_IN_LINE = 'It waits for its turn.';

/** The sentence for people: what the order waits for, or why it failed. */
export function reasonOf(order: Pick<IssuanceOrder, 'status' | 'reason'>): string | undefined {
  if (order.reason !== undefined) return order.reason;
  return order.status === 'queued' ? WAITING_IN_LINE : undefined;
}
