import { exemptionAt } from '../limits/exemption.js';
import { orderSpends, type Spend } from '../limits/order-spends.js';
import { BucketLedger } from './bucket-ledger.js';
import { BucketWaiters, poolsOf, type Pool, type Source } from './candidates.js';
import { FairShares } from './fair-shares.js';
import { isBefore } from './min-heap.js';
import { CLASS_RANK, sortKey } from './order-class.js';
import { DEFAULT_POLICY, hasSlot, keptBack, type InFlight } from './planner-policy.js';
import {
  ORDER_SECONDS,
  type Plan,
  type PlannedSpend,
  type PlannedStart,
  type PlannerState,
  type Postponed,
} from './planner-state.js';
import { isAtRisk, type WaitingOrder } from './waiting-order.js';
import type { Lane } from './waiting-queues.js';

/** Orders that are passed over in one step for a bucket of their own; the rest is looked at in the next. */
const MOST_POSTPONED = 1000;

/**
 * Which waiting orders start now. Nothing is started that a bucket of the CA might refuse, nor more than may be in
 * flight; exempt orders wait for slots alone. Pure: the state is not changed. The caller claims the orders and makes
 * their reservations in one transaction, and asks again at `wakeAt`, or when an order came or ended.
 */
export function plan(state: PlannerState, now: number): Plan {
  if (state.closedUntil !== undefined && state.closedUntil > now) {
    return { start: [], postpone: [], shares: state.shares, wakeAt: state.closedUntil };
  }
  return new Step(state, now).run();
}

class Step {
  readonly #state: PlannerState;
  readonly #now: number;
  readonly #policy;
  readonly #ledger: BucketLedger;
  readonly #shares: FairShares;
  readonly #inFlight: { -readonly [K in keyof InFlight]: InFlight[K] };
  readonly #start: PlannedStart[] = [];
  readonly #postpone: Postponed[] = [];
  readonly #waiters: BucketWaiters;
  #wakeAt = Infinity;

  constructor(state: PlannerState, now: number) {
    this.#state = state;
    this.#now = now;
    this.#policy = state.policy ?? DEFAULT_POLICY;
    this.#ledger = new BucketLedger(state.buckets, now);
    this.#shares = new FairShares(state.shares);
    this.#inFlight = { ...state.inFlight };
    this.#waiters = new BucketWaiters(state.queues.lanes);
  }

  run(): Plan {
    const { queues } = this.#state;
    const { pools, wakeAt } = poolsOf(queues, this.#ledger, this.#leastKeptBack, this.#shares, this.#admits);
    this.#wakeAt = Math.min(this.#wakeAt, wakeAt, queues.deferred.at(0)?.notBefore ?? Infinity);
    for (let next = this.#next(pools); next; next = this.#next(pools)) {
      if (this.#postpone.length >= MOST_POSTPONED) {
        this.#wakeAt = this.#now;
        break;
      }
      this.#pick(next.pool, next.source);
    }
    return {
      start: this.#start,
      postpone: this.#postpone,
      shares: this.#start.length > 0 ? this.#shares.tags() : this.#state.shares,
      ...(this.#wakeAt < Infinity && { wakeAt: this.#wakeAt }),
    };
  }

  /** Across pools the more pressing class goes first, then the pool that was served least in this step. */
  #next(pools: readonly Pool[]): { pool: Pool; source: Source } | undefined {
    const { standing, manual, new: fresh } = this.#inFlight;
    if (standing + manual + fresh >= this.#state.inFlightLimit) return undefined;
    let best: { pool: Pool; source: Source } | undefined;
    let bestRank: readonly number[] = [];
    for (const pool of pools) {
      const source = pool.next();
      if (!source) continue;
      const rank = [CLASS_RANK[source.orderClass], pool.picked, sortKey(source.queue.at(source.cursor)!)];
      if (!best || isBefore(rank, bestRank)) [best, bestRank] = [{ pool, source }, rank];
    }
    return best;
  }

  readonly #admits = (source: Source, head: WaitingOrder): boolean => {
    if (!hasSlot(this.#policy, this.#state.inFlightLimit, this.#inFlight, source.share)) return false;
    for (const spend of source.lane.spends) {
      const kept = this.#keptBack(source, head, spend);
      if (this.#ledger.has(spend, kept)) continue;
      this.#wakeAt = Math.min(this.#wakeAt, this.#ledger.earliest(spend, kept));
      return false;
    }
    return true;
  };

  #keptBack({ share }: Source, order: WaitingOrder, { key, limit }: Spend): number {
    const atRisk = isAtRisk(order, this.#now);
    return keptBack(this.#policy, limit.burst, { share, atRisk }, this.#waiters.of(key));
  }

  /** What is kept back from the order of the lane from which least is kept back. */
  readonly #leastKeptBack = (lane: Lane, { key, limit }: Spend): number => {
    const share = lane.manual.size > 0 ? 'manual' : 'standing';
    return keptBack(this.#policy, limit.burst, { share, atRisk: true }, this.#waiters.of(key));
  };

  /** Starts the head of the source, or passes it over when one of its own buckets has no room. */
  #pick(pool: Pool, source: Source): void {
    const order = source.queue.at(source.cursor)!;
    source.cursor += 1;
    const { profile, account } = this.#state.queues;
    const exemption = exemptionAt(profile, order, this.#now);
    const shared = new Set(source.lane.spends.map((spend) => spend.key));
    const spends: PlannedSpend[] = [];
    for (const spend of orderSpends(profile, account, order, exemption)) {
      const kept = shared.has(spend.key) ? this.#keptBack(source, order, spend) : 0;
      if (spend.checked && !this.#ledger.has(spend, kept)) {
        const until = this.#retryTime(spend, kept);
        this.#postpone.push({ order, until, bucket: spend });
        this.#wakeAt = Math.min(this.#wakeAt, until);
        return;
      }
      spends.push({ ...spend, keptBack: kept });
    }
    for (const spend of spends) this.#ledger.take(spend);
    this.#inFlight[source.share] += 1;
    pool.served(source, this.#policy.weights[source.share]);
    this.#start.push({ order, orderClass: source.orderClass, spends });
  }

  /** What is in flight for the same names may end without being counted: then the bucket is looked at again. */
  #retryTime(spend: Spend, kept: number): number {
    const orderMilliseconds = (this.#state.orderSeconds ?? ORDER_SECONDS) * 1000;
    const released = Math.max(this.#ledger.earliestIfReleased(spend, kept), this.#now + orderMilliseconds);
    return Math.min(this.#ledger.earliest(spend, kept), released);
  }
}
