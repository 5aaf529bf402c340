import { orderStatus, type OrderWithAuthorizations } from '../domain/order.js';
import type { NewOrder } from '../ports/acme-store.js';

/**
 * May `open` be handed back for the new order, as Boulder does: the same account, names and profile, and still to be
 * finalized? A newOrder that names no predecessor is content with one that does.
 */
export function isSameOpenOrder(open: OrderWithAuthorizations, wanted: NewOrder, now: Date): boolean {
  const { order } = open;
  return (
    order.accountId === wanted.accountId &&
    order.profile === wanted.profile &&
    (wanted.replaces === undefined || wanted.replaces === order.replaces) &&
    // Both are normalized, so equal sets are equal lists.
    order.names.join(',') === wanted.names.join(',') &&
    ['pending', 'ready'].includes(orderStatus(open, now))
  );
}

/** Does `other` hold the predecessor of the new order: named by it, and not invalid (RFC 9773 section 5)? */
export function claimsPredecessor(other: OrderWithAuthorizations, wanted: NewOrder, now: Date): boolean {
  return (
    wanted.replaces !== undefined && other.order.replaces === wanted.replaces && orderStatus(other, now) !== 'invalid'
  );
}
