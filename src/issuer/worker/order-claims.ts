import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { PlanningAccount } from '../accounts/ca-accounts.js';
import { CaList } from '../accounts/ca-list.js';
import { type BucketState, canReserve } from '../domain/limits/bucket.js';
import type { BucketKey } from '../domain/limits/bucket-key.js';
import { isShared } from '../domain/limits/order-spends.js';
import type { IssuanceOrder } from '../domain/order.js';
import { type Share, SHARE_OF } from '../domain/planner/order-class.js';
import { plan } from '../domain/planner/plan.js';
import type { PlannedStart, PlannerState, Postponed } from '../domain/planner/planner-state.js';
import { postponedSentence } from '../domain/planner/waiting-reason.js';
import type { WaitingQueues } from '../domain/planner/waiting-queues.js';
import { BucketTable } from '../limits/bucket-table.js';
import { IssuanceBudget } from '../limits/issuance-budget.js';
import type { Reservations } from '../limits/reservations.js';
import { IS_OPEN, ORDER_COLUMNS, orderOf, type OrderRow } from '../orders/order-row.js';
import { HAS_BEGUN, IS_FREE, MAY_PROCEED, WAITS } from './order-conditions.js';
import { PlannerStore } from './planner-store.js';
import { QueueSignal } from './queue-signal.js';
import { WaitingOrders } from './waiting-orders.js';

/** An order that this server may work on, with what it holds of the CA's limits. */
export interface StartedOrder {
  readonly order: IssuanceOrder;
  /** Absent for an order that goes on: what it has reserved stands in its row. */
  readonly start?: { readonly share: Share; readonly reservations: Reservations | null };
}

export interface ClaimOptions {
  readonly server: number;
  readonly count: number;
  readonly now: Date;
  /** Default: as many as are claimed. A CA that has paused us is sent one now and then, or none. */
  readonly mostStarted?: number;
}

/** One claim starts again so often when what it planned is not to be had: each time it knows more. */
const MOST_ROUNDS = 20;
/** Orders whose server vanished, looked after in one claim. */
const MOST_LOST = 100;

/** Which orders start now: what the planner says, as far as rows and buckets can be had. */
@Injectable()
export class OrderClaims {
  /** By CA. */
  readonly #waiting = new Map<string, WaitingOrders>();
  #wakeAt: number | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly budget: IssuanceBudget,
    private readonly buckets: BucketTable,
    private readonly planner: PlannerStore,
    private readonly signal: QueueSignal,
    private readonly list: CaList,
  ) {
    signal.onClaimed((orderIds) => {
      for (const waiting of this.#waiting.values()) for (const id of orderIds) waiting.remove(id);
    });
    signal.onAnnouncement((orderId) => {
      for (const waiting of this.#waiting.values()) waiting.announced(orderId);
    });
  }

  /** When another claim may start something that this one could not; milliseconds since the epoch. */
  get wakeAt(): number | undefined {
    return this.#wakeAt;
  }

  /**
   * Picks up to `count` orders and hands them to `take`, in one transaction: first those that hold their slots at the
   * CA already, then new ones, of these no more than `mostStarted`. `server` is who has them afterwards.
   */
  async claim<Claimed>(
    account: PlanningAccount,
    { server, count, now, mostStarted = count }: ClaimOptions,
    take: (transaction: EntityManager, orders: readonly StartedOrder[]) => Promise<Claimed>,
  ): Promise<Claimed> {
    this.#wakeAt = undefined;
    try {
      await this.dataSource.transaction((transaction) => this.#settleLost(transaction, now));
      return await this.dataSource.transaction(async (transaction) => {
        // A long line is read before the lock: the others plan meanwhile.
        const lanes = await this.#waitingAt(account.ca).lanes(transaction, account, now);
        const shares = await this.planner.lock(transaction, account.ca);
        const going = await this.#going(transaction, account, count, now);
        const room = Math.min(count - going.length, mostStarted);
        if (room <= 0) return take(transaction, going);
        const inFlight = await this.#inFlight(transaction, server, going);
        const inFlightLimit = inFlight.standing + inFlight.manual + inFlight.new + room;
        const buckets = await this.#sharedBuckets(transaction, account.ca, lanes);
        const step = new ClaimStep(transaction, account, now, {
          queues: lanes,
          buckets,
          inFlight,
          inFlightLimit,
          shares,
        });
        const started = await this.#start(step);
        await this.signal.announceClaimed(
          transaction,
          started.map(({ order }) => order.id),
        );
        return take(transaction, [...going, ...started]);
      });
    } catch (error) {
      this.#waitingAt(account.ca).forget();
      throw error;
    }
  }

  #waitingAt(ca: string): WaitingOrders {
    let waiting = this.#waiting.get(ca);
    if (!waiting) this.#waiting.set(ca, (waiting = new WaitingOrders(this.budget.profileOf(ca))));
    return waiting;
  }

  async #start(step: ClaimStep): Promise<StartedOrder[]> {
    const { transaction, account, now } = step;
    const started: StartedOrder[] = [];
    const known = new Set(step.buckets.keys());
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const planned = plan(step.state, now.getTime());
      this.#wakeAt = planned.wakeAt;
      // A device's own buckets are read for those alone that would start; one that is not full may change the plan.
      if (await this.#readOwnBuckets(step, known, planned.start)) continue;
      await this.#postpone(transaction, account.ca, planned.postpone, now);
      if (planned.start.length === 0) break;
      const locked = await this.#lock(transaction, account, planned.start, now);
      const wanted = planned.start.filter(({ order }) => locked.has(order.id));
      const { reserved, buckets } = await this.budget.reserve(transaction, account.ca, wanted, now);
      for (const [key, bucket] of buckets) step.buckets.set(key, bucket);
      for (const { order } of planned.start) this.#waitingAt(account.ca).remove(order.id);
      for (const { order, orderClass } of wanted) {
        const reservations = reserved.get(order.id);
        if (!reservations) continue;
        const share = SHARE_OF[orderClass];
        step.inFlight[share] += 1;
        const start = { share, reservations: reservations.spends.length > 0 ? reservations : null };
        started.push({ order: locked.get(order.id)!, start });
      }
      step.shares = planned.shares;
      if (wanted.length === planned.start.length) break;
    }
    if (started.length > 0) await this.planner.write(transaction, account.ca, step.shares);
    return started;
  }

  /** True when one of them stands in the way of its order. */
  async #readOwnBuckets(step: ClaimStep, known: Set<BucketKey>, starts: readonly PlannedStart[]): Promise<boolean> {
    const spends = starts.flatMap((start) => start.spends).filter(({ key }) => !known.has(key));
    if (spends.length === 0) return false;
    const found = await this.buckets.read(
      step.transaction,
      step.account.ca,
      spends.map(({ key }) => key),
    );
    for (const { key } of spends) known.add(key);
    for (const [key, bucket] of found) step.buckets.set(key, bucket);
    return spends.some(
      ({ key, limit, cost, checked, keptBack }) =>
        checked && found.has(key) && !canReserve(limit, found.get(key)!, step.now.getTime(), cost, keptBack),
    );
  }

  async #postpone(transaction: EntityManager, ca: string, postponed: readonly Postponed[], now: Date): Promise<void> {
    if (postponed.length === 0) return;
    for (const { order, until } of postponed) this.#waitingAt(ca).postpone(order, until, now);
    await transaction.query(
      `UPDATE issuance_orders o SET status = 'deferred', reason_code = 'budget', reason = p.reason,
              next_attempt_at = p.until, updated_at = $4
         FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS p (id, reason, until)
        WHERE o.id = p.id AND o.id IN (SELECT o.id FROM issuance_orders o
                                        WHERE o.id = ANY ($1::uuid[]) AND ${IS_OPEN} AND ${IS_FREE} FOR UPDATE SKIP LOCKED)`,
      [
        postponed.map(({ order }) => order.id),
        postponed.map((order) => {
          const reason = postponedSentence(order);
          return this.list.hasSeveral ? `${this.list.nameOf(ca)}: ${reason}` : reason;
        }),
        postponed.map(({ until }) => new Date(until)),
        now,
      ],
    );
  }

  /** Those of the planned orders that still wait. */
  async #lock(
    transaction: EntityManager,
    account: PlanningAccount,
    starts: readonly PlannedStart[],
    now: Date,
  ): Promise<Map<string, IssuanceOrder>> {
    const rows: (OrderRow & { holds: boolean })[] = await transaction.query(
      `SELECT ${ORDER_COLUMNS}, o.reservations IS NOT NULL AS holds FROM issuance_orders o
        WHERE o.id = ANY ($3::uuid[]) AND ${WAITS} AND o.next_attempt_at <= $4 AND ${MAY_PROCEED}
        FOR UPDATE OF o SKIP LOCKED`,
      [account.id, account.ca, starts.map(({ order }) => order.id), now],
    );
    // Of another CA, which was configured before.
    for (const { id, holds } of rows) if (holds) await this.budget.settle(transaction, id, 'nothing-came', now);
    return new Map(rows.map((row) => [row.id, orderOf(row)]));
  }

  /** Orders that hold their slots at the CA: going on costs nothing more, and waiting would waste them. */
  async #going(
    transaction: EntityManager,
    account: PlanningAccount,
    count: number,
    now: Date,
  ): Promise<StartedOrder[]> {
    const rows: OrderRow[] = await transaction.query(
      `SELECT ${ORDER_COLUMNS} FROM issuance_orders o
        WHERE ${IS_OPEN} AND (o.acme_order_url IS NOT NULL OR o.reservations IS NOT NULL) AND ${HAS_BEGUN}
          AND o.next_attempt_at <= $3 AND ${IS_FREE} AND ${MAY_PROCEED}
        ORDER BY o.queued_at LIMIT $4 FOR UPDATE OF o SKIP LOCKED`,
      [account.id, account.ca, now, count],
    );
    return rows.map((row) => ({ order: orderOf(row) }));
  }

  /**
   * A server vanished between claim and newOrder's answer: the CA may have counted an order. It is counted here too,
   * the rest is given back, and the order waits again in its old place.
   */
  async #settleLost(transaction: EntityManager, now: Date): Promise<void> {
    const rows: { id: string }[] = await transaction.query(
      `SELECT o.id FROM issuance_orders o
        WHERE o.reservations IS NOT NULL AND o.acme_order_url IS NULL AND ${IS_OPEN}
          AND o.lease_id IS NOT NULL AND o.lease_expires_at <= clock_timestamp()
        ORDER BY o.id LIMIT ${MOST_LOST} FOR UPDATE SKIP LOCKED`,
    );
    for (const { id } of rows) await this.budget.settle(transaction, id, 'unknown', now);
    if (rows.length > 0) for (const waiting of this.#waiting.values()) waiting.forget();
  }

  async #inFlight(
    transaction: EntityManager,
    server: number,
    going: readonly StartedOrder[],
  ): Promise<Record<Share, number>> {
    const rows: { share: Share; orders: number }[] = await transaction.query(
      `SELECT coalesce(share, 'standing') AS share, count(*)::int AS orders FROM issuance_orders
        WHERE (lease_id IS NOT NULL AND lease_server = $1 AND lease_expires_at > clock_timestamp()) OR id = ANY ($2::uuid[])
        GROUP BY 1`,
      [server, going.map(({ order }) => order.id)],
    );
    const inFlight = { standing: 0, manual: 0, new: 0 };
    for (const { share, orders } of rows) inFlight[share] = orders;
    return inFlight;
  }

  #sharedBuckets(transaction: EntityManager, ca: string, lanes: WaitingQueues): Promise<Map<BucketKey, BucketState>> {
    const keys = [...lanes.lanes].flatMap(({ spends }) =>
      spends.filter(({ limitName }) => isShared(limitName)).map(({ key }) => key),
    );
    return this.buckets.read(transaction, ca, keys);
  }
}

/** What one claim works with; its numbers grow with what it starts. */
class ClaimStep {
  readonly buckets: Map<BucketKey, BucketState>;
  readonly inFlight: Record<Share, number>;
  shares: PlannerState['shares'];

  constructor(
    readonly transaction: EntityManager,
    readonly account: PlanningAccount,
    readonly now: Date,
    private readonly before: PlannerState & {
      readonly buckets: Map<BucketKey, BucketState>;
      readonly inFlight: Record<Share, number>;
    },
  ) {
    this.buckets = before.buckets;
    this.inFlight = before.inFlight;
    this.shares = before.shares;
  }

  get state(): PlannerState {
    return { ...this.before, buckets: this.buckets, inFlight: this.inFlight, shares: this.shares };
  }
}
