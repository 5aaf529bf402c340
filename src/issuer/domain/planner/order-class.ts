import type { WaitingOrder } from './waiting-order.js';

/**
 * Why an order is wanted, the most pressing first: its certificate is revoked (or will be: the CA has moved its ARI
 * window into the past), its certificate ends, a person asked again by hand, the device has no certificate yet.
 */
export const ORDER_CLASSES = ['revoked', 'renewal', 'manual', 'new'] as const;

export type OrderClass = (typeof ORDER_CLASSES)[number];

/** Between these a contended bucket is divided; `standing` are the devices that have a certificate. */
export type Share = 'standing' | 'manual' | 'new';

export const SHARE_OF = {
  revoked: 'standing',
  renewal: 'standing',
  manual: 'manual',
  new: 'new',
} as const satisfies Record<OrderClass, Share>;

export const CLASS_RANK = {
  revoked: 0,
  renewal: 1,
  manual: 2,
  new: 3,
} as const satisfies Record<OrderClass, number>;

export function classOf(order: WaitingOrder): OrderClass {
  if (order.manual) return 'manual';
  if (order.revoked) return 'revoked';
  return order.expiresAt === undefined ? 'new' : 'renewal';
}

/** The order within a class: what ends soonest among the standing ones, who came first among the others. */
export function sortKey(order: WaitingOrder): number {
  return order.manual || order.expiresAt === undefined ? order.requestedAt : order.expiresAt;
}
