import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import {
  canReserve,
  correctedByRefusal,
  emptied,
  FULL_BUCKET,
  release,
  reserve,
  settle,
  type BucketState,
} from '../domain/limits/bucket.js';
import type { BucketKey } from '../domain/limits/bucket-key.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import { limitRule } from '../domain/limits/limit-rule.js';
import { orderSpends, orderSubjects } from '../domain/limits/order-spends.js';
import { refusedBuckets } from '../domain/limits/refused-limit.js';
import type { CaProblem } from '../domain/failure.js';
import type { PlannedStart } from '../domain/planner/planner-state.js';
import { BucketTable } from './bucket-table.js';
import { CA_LIMITS, LIMIT_PROFILE } from './limit-profile.token.js';
import { storedSpend, type Reservations, type StoredSpend } from './reservations.js';

/**
 * How an order's stay in the buckets ends. `unknown`: newOrder was sent and its answer lost, so that the CA may have
 * counted an order that nobody has.
 */
export type BudgetOutcome = 'issued' | 'validation-failed' | 'nothing-came' | 'unknown';

/** The account that an order was, or would be, made with. */
export interface BudgetAccount {
  /** The CA's directory URL. */
  readonly ca: string;
  readonly url: string;
}

/**
 * Room in the CA's rate limits: reserved in the transaction that claims an order, counted when the CA counts, given
 * back when no certificate comes of it (domain/planner/README.md has the table). Each method works on the order's row
 * and then on its buckets, in the caller's transaction, which must not wait for another order's row afterwards.
 */
@Injectable()
export class IssuanceBudget {
  private readonly logger = new Logger(IssuanceBudget.name);

  constructor(
    private readonly buckets: BucketTable,
    /** Of the first CA. */
    @Inject(LIMIT_PROFILE) readonly profile: LimitProfile,
    @Inject(CA_LIMITS) private readonly profiles: ReadonlyMap<string, LimitProfile> = new Map(),
  ) {}

  /** The limits of the CA with this directory URL. */
  profileOf(ca: string): LimitProfile {
    return this.profiles.get(ca) ?? this.profile;
  }

  /**
   * Reserves what the planned starts spend; all of an order's buckets, or none of them. Orders that no longer fit,
   * because a bucket was corrected since the plan was made, are left out.
   * @returns the reservations, by order, and the buckets as they are now
   */
  async reserve(
    transaction: EntityManager,
    ca: string,
    starts: readonly PlannedStart[],
    now: Date,
  ): Promise<{ readonly reserved: ReadonlyMap<string, Reservations>; readonly buckets: Map<BucketKey, BucketState> }> {
    const keys = starts.flatMap(({ spends }) => spends.map(({ key }) => key));
    const buckets = await this.buckets.lock(transaction, ca, keys);
    const reserved = new Map<string, Reservations>();
    for (const { order, spends } of starts) {
      const fits = spends.every(
        ({ key, limit, cost, checked, keptBack }) =>
          !checked || canReserve(limit, stateIn(buckets, key), now.getTime(), cost, keptBack),
      );
      if (!fits) continue;
      for (const { key, cost } of spends) buckets.set(key, reserve(stateIn(buckets, key), cost));
      reserved.set(order.id, { ca, spends: spends.map(storedSpend) });
    }
    await this.buckets.write(transaction, ca, buckets);
    return { reserved, buckets };
  }

  /** newOrder was answered: the CA has counted the order. */
  async ordered(transaction: EntityManager, orderId: string, now: Date): Promise<void> {
    const reservations = await this.reservationsOf(transaction, orderId);
    if (!reservations) return;
    const [counted, rest] = split(reservations.spends, ({ limit }) => limitRule(limit).spentAt === 'new-order');
    if (counted.length === 0) return;
    await this.keep(transaction, orderId, rest.length > 0 ? { ca: reservations.ca, spends: rest } : null);
    await this.change(transaction, reservations.ca, counted, (spend, bucket) => settled(spend, bucket, now));
  }

  /** The order has ended, or will begin anew: what was reserved for it is counted, or given back. Once. */
  async settle(transaction: EntityManager, orderId: string, outcome: BudgetOutcome, now: Date): Promise<void> {
    const reservations = await this.reservationsOf(transaction, orderId);
    if (!reservations) return;
    await this.keep(transaction, orderId, null);
    await this.change(transaction, reservations.ca, reservations.spends, (spend, bucket) => {
      const { spentAt, emptiedBySuccess } = limitRule(spend.limit);
      const counts =
        spentAt === 'new-order'
          ? outcome === 'unknown'
          : spentAt === (outcome === 'issued' ? 'issuance' : outcome === 'validation-failed' && 'failed-authorization');
      const after = counts ? settled(spend, bucket, now) : release(bucket, spend.cost);
      return outcome === 'issued' && emptiedBySuccess ? emptied(after) : after;
    });
  }

  /** The order at the CA, and with it what was reserved, goes over to another order of ours. */
  async transfer(transaction: EntityManager, fromOrderId: string, toOrderId: string): Promise<void> {
    await transaction.query(
      `UPDATE issuance_orders o SET reservations = f.reservations, share = f.share
         FROM issuance_orders f WHERE o.id = $2 AND f.id = $1`,
      [fromOrderId, toOrderId],
    );
    await this.keep(transaction, fromOrderId, null);
  }

  /**
   * The CA has refused the order by 429: it has counted more than we know. The bucket that it names is corrected, for
   * all orders; without Retry-After we are paused, which no bucket tells (accounts/ca-watch.ts).
   */
  async refused(
    transaction: EntityManager,
    account: BudgetAccount,
    order: { readonly id: string; readonly names: readonly string[] },
    refusal: { readonly problem: CaProblem; readonly retryAfterSeconds?: number },
    now: Date,
  ): Promise<void> {
    const { problem, retryAfterSeconds } = refusal;
    if (retryAfterSeconds === undefined) return;
    // Without any exemption: a refused order was none, whatever we took it for.
    const all = orderSpends(this.profileOf(account.ca), account.url, orderSubjects(order.names), undefined);
    const named = refusedBuckets(problem, all);
    const buckets = await this.buckets.lock(
      transaction,
      account.ca,
      named.map(({ key }) => key),
    );
    for (const { key, limit } of named) {
      const corrected = correctedByRefusal(limit, stateIn(buckets, key), now.getTime(), retryAfterSeconds);
      buckets.set(key, corrected);
      this.logger.warn({ bucket: key, retryAfterSeconds }, 'the CA has counted more in a bucket than was known here');
    }
    await this.buckets.write(transaction, account.ca, buckets);
  }

  /** The order's row is locked from here on. */
  private async reservationsOf(transaction: EntityManager, orderId: string): Promise<Reservations | undefined> {
    const rows: { reservations: Reservations | null }[] = await transaction.query(
      `SELECT reservations FROM issuance_orders WHERE id = $1 FOR UPDATE`,
      [orderId],
    );
    return rows[0]?.reservations ?? undefined;
  }

  private async keep(transaction: EntityManager, orderId: string, reservations: Reservations | null): Promise<void> {
    await transaction.query(`UPDATE issuance_orders SET reservations = $2::jsonb WHERE id = $1`, [
      orderId,
      reservations && JSON.stringify(reservations),
    ]);
  }

  private async change(
    transaction: EntityManager,
    ca: string,
    spends: readonly StoredSpend[],
    next: (spend: StoredSpend, bucket: BucketState) => BucketState,
  ): Promise<void> {
    const buckets = await this.buckets.lock(
      transaction,
      ca,
      spends.map(({ key }) => key),
    );
    for (const spend of spends) buckets.set(spend.key, next(spend, stateIn(buckets, spend.key)));
    await this.buckets.write(transaction, ca, buckets);
  }
}

function stateIn(buckets: ReadonlyMap<BucketKey, BucketState>, key: BucketKey): BucketState {
  return buckets.get(key) ?? FULL_BUCKET;
}

function settled({ burst, intervalMilliseconds, cost }: StoredSpend, bucket: BucketState, now: Date): BucketState {
  return settle({ burst, intervalMilliseconds }, bucket, now.getTime(), cost);
}

function split<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
