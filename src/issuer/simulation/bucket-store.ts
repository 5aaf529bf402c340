import {
  correctedByRefusal,
  emptied,
  FULL_BUCKET,
  release,
  reserve,
  settle,
  type BucketState,
} from '../domain/limits/bucket.js';
import type { BucketKey } from '../domain/limits/bucket-key.js';
import { limitRule } from '../domain/limits/limit-rule.js';
import type { Spend } from '../domain/limits/order-spends.js';

/** The buckets in memory: the twin of the table in the database, with the same moments of reserving and settling. */
export class BucketStore {
  readonly #buckets = new Map<BucketKey, BucketState>();

  get buckets(): ReadonlyMap<BucketKey, BucketState> {
    return this.#buckets;
  }

  /** With the claim. */
  reserve(spends: readonly Spend[]): void {
    for (const { key, cost } of spends) this.#buckets.set(key, reserve(this.#of(key), cost));
  }

  /** newOrder was answered: the CA has counted the order. */
  ordered(spends: readonly Spend[], now: number): void {
    for (const spend of spends) if (limitRule(spend.limitName).spentAt === 'new-order') this.#settle(spend, now);
  }

  /** The order ended after newOrder was answered. */
  ended(spends: readonly Spend[], outcome: 'issued' | 'failed', now: number): void {
    const counted = outcome === 'issued' ? 'issuance' : 'failed-authorization';
    for (const spend of spends) {
      const rule = limitRule(spend.limitName);
      if (rule.spentAt === 'new-order') continue;
      if (rule.spentAt === counted) this.#settle(spend, now);
      else this.#release(spend, now);
      if (outcome === 'issued' && rule.emptiedBySuccess) this.#set(spend.key, emptied(this.#of(spend.key)), now);
    }
  }

  /** No order was made. */
  released(spends: readonly Spend[], now: number): void {
    for (const spend of spends) this.#release(spend, now);
  }

  /** The CA refused the order for this bucket. */
  corrected(spend: Spend, retryAfterSeconds: number, now: number): void {
    this.#buckets.set(spend.key, correctedByRefusal(spend.limit, this.#of(spend.key), now, retryAfterSeconds));
  }

  #settle({ key, limit, cost }: Spend, now: number): void {
    this.#buckets.set(key, settle(limit, this.#of(key), now, cost));
  }

  #release({ key, cost }: Spend, now: number): void {
    this.#set(key, release(this.#of(key), cost), now);
  }

  /** A bucket that is full again need not be kept. */
  #set(key: BucketKey, bucket: BucketState, now: number): void {
    if (bucket.reserved === 0 && bucket.tat <= now) this.#buckets.delete(key);
    else this.#buckets.set(key, bucket);
  }

  #of(key: BucketKey): BucketState {
    return this.#buckets.get(key) ?? FULL_BUCKET;
  }
}
