import { exemptionAt } from '../limits/exemption.js';
import type { LimitProfile } from '../limits/limit-profile.js';
import type { Exemption } from '../limits/limit-rule.js';
import { isShared, orderSpends, type Spend } from '../limits/order-spends.js';
import { classOf, sortKey, type OrderClass } from './order-class.js';
import { OrderQueue } from './order-queue.js';
import type { WaitingOrder } from './waiting-order.js';

/** Orders that spend the same shared buckets. Within a lane all wait for the same thing. */
export interface Lane {
  /** The shared buckets that every order of the lane has to pass; none for exempt orders. */
  readonly spends: readonly Spend[];
  readonly revoked: OrderQueue;
  readonly renewal: OrderQueue;
  /** By group. */
  readonly manual: ReadonlyMap<string, OrderQueue>;
  readonly new: ReadonlyMap<string, OrderQueue>;
}

interface OwnLane extends Lane {
  readonly manual: Map<string, OrderQueue>;
  readonly new: Map<string, OrderQueue>;
}

interface Place {
  readonly queue: OrderQueue;
  readonly key: number;
  /** Absent for deferred orders. */
  readonly lane?: OwnLane;
  readonly group: string;
}

/**
 * All waiting orders of one account at one CA, sorted into lanes. Built from the database's rows for one step
 * (`WaitingQueues.of`), or kept up to date between steps; the planner only reads it.
 */
export class WaitingQueues {
  readonly #lanes = new Map<string, OwnLane>();
  readonly #deferred = new OrderQueue(({ notBefore }) => notBefore!);
  readonly #places = new Map<string, Place>();

  constructor(
    readonly profile: LimitProfile,
    readonly account: string,
  ) {}

  /** The quick way for one step: what is built this way is read, and not changed by `remove` or `advance`. */
  static of(profile: LimitProfile, account: string, orders: Iterable<WaitingOrder>, now: number): WaitingQueues {
    const queues = new WaitingQueues(profile, account);
    for (const order of orders) {
      if (order.notBefore !== undefined && order.notBefore > now) queues.#deferred.append(order);
      else queues.#queueOf(order, now).append(order);
    }
    queues.#deferred.sort();
    for (const { revoked, renewal, manual, new: fresh } of queues.#lanes.values()) {
      for (const queue of [revoked, renewal, ...manual.values(), ...fresh.values()]) queue.sort();
    }
    return queues;
  }

  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  /** Orders whose `notBefore` has not come, the nearest first. */
  get deferred(): OrderQueue {
    return this.#deferred;
  }

  add(order: WaitingOrder, now: number): void {
    const { queue, key, lane } = this.#find(order, now);
    queue.add(order);
    this.#places.set(order.id, { queue, key, lane, group: order.group });
  }

  /** Where an order stands that was added with `add`; without a lane it is deferred. */
  find(id: string): { readonly queue: OrderQueue; readonly place: number; readonly lane?: Lane } | undefined {
    const found = this.#places.get(id);
    return found && { queue: found.queue, place: found.queue.placeOf(id, found.key), lane: found.lane };
  }

  /** False when the order is not waiting. */
  remove(id: string): boolean {
    const place = this.#places.get(id);
    if (!place) return false;
    this.#places.delete(id);
    place.queue.remove(id, place.key);
    if (place.queue.length === 0 && place.lane) {
      for (const groups of [place.lane.manual, place.lane.new]) {
        if (groups.get(place.group) === place.queue) groups.delete(place.group);
      }
    }
    return true;
  }

  /** Lets in the deferred orders whose time has come. */
  advance(now: number): void {
    for (let order = this.#deferred.at(0); order && order.notBefore! <= now; order = this.#deferred.at(0)) {
      this.remove(order.id);
      this.add(order, now);
    }
  }

  #find(order: WaitingOrder, now: number): { queue: OrderQueue; key: number; lane?: OwnLane } {
    if (order.notBefore !== undefined && order.notBefore > now) {
      return { queue: this.#deferred, key: order.notBefore };
    }
    const lane = this.#laneOf(order, exemptionAt(this.profile, order, now));
    return { queue: queueIn(lane, classOf(order), order.group), key: sortKey(order), lane };
  }

  #queueOf(order: WaitingOrder, now: number): OrderQueue {
    return queueIn(this.#laneOf(order, exemptionAt(this.profile, order, now)), classOf(order), order.group);
  }

  #laneOf(order: WaitingOrder, exemption: Exemption | undefined): OwnLane {
    const domains = order.domains.length === 1 ? order.domains[0]! : order.domains.join(' ');
    const key = exemption === undefined ? domains : exemption === 'ari' ? ' ari' : ' same-names';
    let lane = this.#lanes.get(key);
    if (!lane) {
      const spends = orderSpends(this.profile, this.account, order, exemption);
      lane = {
        spends: spends.filter((spend) => spend.checked && isShared(spend.limitName)),
        revoked: new OrderQueue(sortKey),
        renewal: new OrderQueue(sortKey),
        manual: new Map(),
        new: new Map(),
      };
      this.#lanes.set(key, lane);
    }
    return lane;
  }
}

function queueIn(lane: OwnLane, orderClass: OrderClass, group: string): OrderQueue {
  if (orderClass === 'revoked' || orderClass === 'renewal') return lane[orderClass];
  let queue = lane[orderClass].get(group);
  if (!queue) lane[orderClass].set(group, (queue = new OrderQueue(sortKey)));
  return queue;
}
