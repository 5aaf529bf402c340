import type { BucketKey } from '../limits/bucket-key.js';
import type { Spend } from '../limits/order-spends.js';
import { BucketDemand } from './bucket-demand.js';
import { FairShares } from './fair-shares.js';
import { ORDER_CLASSES, type OrderClass } from './order-class.js';
import type { OrderQueue } from './order-queue.js';
import { DEFAULT_POLICY, type PlannerPolicy } from './planner-policy.js';
import { ORDER_SECONDS, type PlannerState } from './planner-state.js';
import type { WaitingReason } from './waiting-reason.js';
import type { Lane } from './waiting-queues.js';

/** Why each order waits and when its certificate is to be expected, if nothing changes but time. */
export function explain(state: PlannerState, now: number): WaitingReason[] {
  return new Explanation(state, now).run();
}

class Explanation {
  readonly #state: PlannerState;
  readonly #now: number;
  readonly #policy: PlannerPolicy;
  readonly #demands = new Map<BucketKey, BucketDemand>();
  readonly #reasons: WaitingReason[] = [];
  readonly #orderMilliseconds: number;
  /** Orders that wait for slots alone and were placed already. */
  #placed = 0;

  constructor(state: PlannerState, now: number) {
    this.#state = state;
    this.#policy = state.policy ?? DEFAULT_POLICY;
    this.#orderMilliseconds = (state.orderSeconds ?? ORDER_SECONDS) * 1000;
    this.#now = Math.max(now, state.closedUntil ?? 0);
    const shares = new FairShares(state.shares);
    for (const lane of state.queues.lanes) {
      for (const spend of lane.spends) {
        let demand = this.#demands.get(spend.key);
        if (!demand) {
          demand = new BucketDemand(spend, state.buckets.get(spend.key), shares, this.#policy);
          this.#demands.set(spend.key, demand);
        }
        demand.count(lane);
      }
    }
  }

  run(): WaitingReason[] {
    const closed = this.#state.closedUntil !== undefined && this.#now === this.#state.closedUntil;
    for (const orderClass of ORDER_CLASSES) {
      for (const lane of this.#state.queues.lanes) {
        for (const [group, queue] of queuesOf(lane, orderClass)) this.#explain(lane, orderClass, group, queue);
      }
    }
    if (closed) {
      for (const [i, reason] of this.#reasons.entries()) this.#reasons[i] = { ...reason, code: 'closed' };
    }
    this.#explainDeferred();
    return this.#reasons;
  }

  #explain(lane: Lane, orderClass: OrderClass, group: string, queue: OrderQueue): void {
    const waits = lane.spends.map((spend) => ({
      spend,
      timeOf: this.#demands.get(spend.key)!.timesFor(orderClass, group, queue.length, this.#now),
    }));
    for (let k = 1; k <= queue.length; k++) {
      const order = queue.at(k - 1)!;
      let startAt = this.#now;
      let bucket: Spend | undefined;
      for (const { spend, timeOf } of waits) {
        const time = timeOf(k);
        if (time > startAt) [startAt, bucket] = [time, spend];
      }
      if (bucket === undefined) startAt = this.#slotTime();
      this.#reasons.push({
        order,
        code: bucket === undefined ? 'slot' : 'limit',
        bucket,
        ahead: k - 1,
        startAt,
        estimatedAt: startAt + this.#orderMilliseconds,
      });
    }
  }

  /** When the next slot comes free for one more order that no bucket holds. */
  #slotTime(): number {
    const { inFlight, inFlightLimit } = this.#state;
    const used = inFlight.standing + inFlight.manual + inFlight.new + this.#placed;
    this.#placed += 1;
    const usable = inFlightLimit * (1 - this.#policy.slotsForNew - this.#policy.slotsForManual);
    return used < inFlightLimit
      ? this.#now
      : this.#now + ((used - inFlightLimit + 1) / Math.max(1, usable)) * this.#orderMilliseconds;
  }

  #explainDeferred(): void {
    const { deferred } = this.#state.queues;
    for (let i = 0; i < deferred.length; i++) {
      const order = deferred.at(i)!;
      const startAt = Math.max(order.notBefore!, this.#now);
      const estimatedAt = startAt + this.#orderMilliseconds;
      this.#reasons.push({ order, code: 'deferred', bucket: undefined, ahead: 0, startAt, estimatedAt });
    }
  }
}

function queuesOf(lane: Lane, orderClass: OrderClass): Iterable<readonly [string, OrderQueue]> {
  if (orderClass === 'revoked' || orderClass === 'renewal') {
    return lane[orderClass].length > 0 ? [['', lane[orderClass]]] : [];
  }
  return lane[orderClass];
}
