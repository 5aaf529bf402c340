import type { BucketKey } from '../limits/bucket-key.js';
import type { Spend } from '../limits/order-spends.js';
import { BucketDemand } from './bucket-demand.js';
import { FairShares } from './fair-shares.js';
import { classOf, ORDER_CLASSES, type OrderClass } from './order-class.js';
import type { OrderQueue } from './order-queue.js';
import { DEFAULT_POLICY, type PlannerPolicy } from './planner-policy.js';
import { ORDER_SECONDS, type PlannerState } from './planner-state.js';
import type { WaitingOrder } from './waiting-order.js';
import type { WaitingReason } from './waiting-reason.js';
import type { Lane } from './waiting-queues.js';

/** The buckets of a lane, with the time at which the k-th order of a queue gets its token of each. */
type Waits = readonly { readonly spend: Spend; readonly timeOf: (k: number) => number }[];

/** Why each order waits and when its certificate is to be expected, if nothing changes but time. */
export function explain(state: PlannerState, now: number): WaitingReason[] {
  return new Explanation(state, now).run();
}

/** The same for one order that was added to the queues with `add`: much cheaper. Undefined when it is not there. */
export function explainOne(state: PlannerState, id: string, now: number): WaitingReason | undefined {
  return new Explanation(state, now).one(id);
}

class Explanation {
  readonly #state: PlannerState;
  readonly #now: number;
  readonly #closed: boolean;
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
    this.#closed = state.closedUntil !== undefined && this.#now === state.closedUntil;
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
    for (const orderClass of ORDER_CLASSES) {
      for (const lane of this.#state.queues.lanes) {
        for (const [group, queue] of queuesOf(lane, orderClass)) {
          const waits = this.#waitsOf(lane, orderClass, group, queue);
          for (let k = 1; k <= queue.length; k++) this.#reasons.push(this.#reason(waits, queue.at(k - 1)!, k));
        }
      }
    }
    const { deferred } = this.#state.queues;
    for (let i = 0; i < deferred.length; i++) this.#reasons.push(this.#deferred(deferred.at(i)!));
    return this.#reasons;
  }

  one(id: string): WaitingReason | undefined {
    const found = this.#state.queues.find(id);
    const order = found?.queue.at(found.place);
    if (!found || !order) return undefined;
    if (!found.lane) return this.#deferred(order);
    const orderClass = classOf(order);
    this.#placed = this.#waitingForSlotsBefore(orderClass, found.lane, found.place);
    const waits = this.#waitsOf(found.lane, orderClass, order.group, found.queue);
    return this.#reason(waits, order, found.place + 1);
  }

  #waitsOf(lane: Lane, orderClass: OrderClass, group: string, queue: OrderQueue): Waits {
    return lane.spends.map((spend) => ({
      spend,
      timeOf: this.#demands.get(spend.key)!.timesFor(orderClass, group, queue.length, this.#now),
    }));
  }

  /** Of the k-th order of a queue; to be called in the order of the line. */
  #reason(waits: Waits, order: WaitingOrder, k: number): WaitingReason {
    let startAt = this.#now;
    let bucket: Spend | undefined;
    for (const { spend, timeOf } of waits) {
      const time = timeOf(k);
      if (time > startAt) [startAt, bucket] = [time, spend];
    }
    if (bucket === undefined) startAt = this.#slotTime();
    const code = this.#closed ? 'closed' : bucket === undefined ? 'slot' : 'limit';
    return { order, code, bucket, ahead: k - 1, startAt, estimatedAt: startAt + this.#orderMilliseconds };
  }

  /** Exempt orders that get their slot before the one at this place. */
  #waitingForSlotsBefore(orderClass: OrderClass, lane: Lane, place: number): number {
    let before = lane.spends.length === 0 ? place : 0;
    for (const other of this.#state.queues.lanes) {
      if (other.spends.length > 0) continue;
      for (const name of ORDER_CLASSES.slice(0, ORDER_CLASSES.indexOf(orderClass))) {
        for (const [, queue] of queuesOf(other, name)) before += queue.length;
      }
    }
    return before;
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

  #deferred(order: WaitingOrder): WaitingReason {
    const startAt = Math.max(order.notBefore!, this.#now);
    const estimatedAt = startAt + this.#orderMilliseconds;
    return { order, code: 'deferred', bucket: undefined, ahead: 0, startAt, estimatedAt };
  }
}

function queuesOf(lane: Lane, orderClass: OrderClass): Iterable<readonly [string, OrderQueue]> {
  if (orderClass === 'revoked' || orderClass === 'renewal') {
    return lane[orderClass].length > 0 ? [['', lane[orderClass]]] : [];
  }
  return lane[orderClass];
}
