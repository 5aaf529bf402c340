/**
 * Every limit of a CA that is known here. Each table over them is closed by `satisfies Record<LimitName, …>`, so that
 * a new name is a compile error until all of them have an entry.
 */
export const LIMIT_NAMES = [
  'new-orders',
  'certificates-per-domain',
  'certificates-per-exact-set',
  'failed-authorizations',
  'consecutive-failures',
  'new-nonce-requests',
  'new-order-requests',
  'renewal-info-requests',
  'other-requests',
  'directory-requests',
] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** The limits that an order spends, or is checked against, at newOrder. */
export const ORDER_LIMITS = [
  'new-orders',
  'certificates-per-domain',
  'certificates-per-exact-set',
  'failed-authorizations',
  'consecutive-failures',
] as const satisfies readonly LimitName[];

export type OrderLimitName = (typeof ORDER_LIMITS)[number];

export function isLimitName(text: string): text is LimitName {
  return (LIMIT_NAMES as readonly string[]).includes(text);
}
