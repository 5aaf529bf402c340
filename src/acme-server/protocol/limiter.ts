import { gcraRefund } from '../../kernel/gcra.js';
import { limitRefusal } from '../domain/limit-refusal.js';
import {
  bucketKey,
  decideLimits,
  gcraLimit,
  type LimitDecision,
  type LimitTransaction,
} from '../domain/rate-limits.js';
import type { AcmeServerParts } from './context.js';

/** Applies limit transactions to the stored buckets. */
export class Limiter {
  constructor(private readonly parts: Pick<AcmeServerParts, 'store' | 'clock' | 'random' | 'options'>) {}

  /** Spends the batch, or throws the refusal of the strictest limit and spends nothing. */
  async spend(transactions: readonly LimitTransaction[]): Promise<void> {
    const now = this.parts.clock.now();
    const { refusal } = await this.#decide(transactions, now);
    if (!refusal) return;
    throw limitRefusal(refusal.transaction, refusal.retryAfterMilliseconds, {
      now,
      documentationUrl: this.parts.options.rateLimitPage,
      jitter: this.parts.random(),
    });
  }

  /** Spends the batch; false when a limit refuses. */
  async trySpend(transactions: readonly LimitTransaction[]): Promise<boolean> {
    return (await this.#decide(transactions, this.parts.clock.now())).refusal === undefined;
  }

  /** Gives back what a batch has spent. */
  async refund(transactions: readonly LimitTransaction[]): Promise<void> {
    const spent = new Map(
      transactions.filter(({ mode }) => mode !== 'check').map((transaction) => [bucketKey(transaction), transaction]),
    );
    if (spent.size === 0) return;
    const now = this.parts.clock.now().getTime();
    await this.parts.store.limits.refund([...spent.keys()], (key, tat) => {
      const transaction = spent.get(key);
      return transaction ? gcraRefund(gcraLimit(transaction.spec), tat, now) : tat;
    });
  }

  /** Fills the buckets of the batch up. */
  async reset(transactions: readonly LimitTransaction[]): Promise<void> {
    if (transactions.length > 0) await this.parts.store.limits.reset(transactions.map(bucketKey));
  }

  async #decide(transactions: readonly LimitTransaction[], now: Date): Promise<LimitDecision> {
    if (transactions.length === 0) return { spent: new Map() };
    return this.parts.store.limits.spend(transactions.map(bucketKey), (tats) => decideLimits(transactions, tats, now));
  }
}
