import { canReserve, earliestTime, FULL_BUCKET, tokensAt, type BucketState } from '../limits/bucket.js';
import type { BucketKey } from '../limits/bucket-key.js';
import type { Spend } from '../limits/order-spends.js';

/** The buckets as they stand while a step picks: what it has picked already is reserved on top of what was. */
export class BucketLedger {
  readonly #buckets: ReadonlyMap<BucketKey, BucketState>;
  readonly #taken = new Map<BucketKey, number>();

  constructor(
    buckets: ReadonlyMap<BucketKey, BucketState>,
    readonly now: number,
  ) {
    this.#buckets = buckets;
  }

  has(spend: Spend, keptBack: number): boolean {
    return canReserve(spend.limit, this.#state(spend.key), this.now, spend.cost, keptBack);
  }

  tokens(spend: Spend): number {
    return tokensAt(spend.limit, this.#state(spend.key), this.now);
  }

  /** When `has` may become true, if nothing else spends. */
  earliest(spend: Spend, keptBack: number): number {
    return earliestTime(spend.limit, this.#state(spend.key), this.now, spend.cost, keptBack);
  }

  /** The same if all that is in flight ended without being counted. */
  earliestIfReleased(spend: Spend, keptBack: number): number {
    const { tat } = this.#state(spend.key);
    return earliestTime(spend.limit, { tat, reserved: 0 }, this.now, spend.cost, keptBack);
  }

  take(spend: Spend): void {
    this.#taken.set(spend.key, (this.#taken.get(spend.key) ?? 0) + spend.cost);
  }

  #state(key: BucketKey): BucketState {
    const bucket = this.#buckets.get(key) ?? FULL_BUCKET;
    const taken = this.#taken.get(key);
    return taken === undefined ? bucket : { tat: bucket.tat, reserved: bucket.reserved + taken };
  }
}
