import type { OrderLimitName } from '../domain/limits/limit-name.js';
import type { Spend } from '../domain/limits/order-spends.js';

/**
 * What an order has reserved and the CA has not counted yet: kept in the order's own row, so that whatever ends the
 * order gives it back once, whoever does it. Stored as JSON.
 */
export interface Reservations {
  /** Whose buckets: the CA's directory URL. */
  readonly ca: string;
  readonly spends: readonly StoredSpend[];
}

export interface StoredSpend {
  readonly key: string;
  readonly limit: OrderLimitName;
  readonly cost: number;
  readonly burst: number;
  readonly intervalMilliseconds: number;
}

export function storedSpend({ key, limitName, limit, cost }: Spend): StoredSpend {
  return { key, limit: limitName as OrderLimitName, cost, ...limit };
}
