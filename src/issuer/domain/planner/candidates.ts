import type { BucketKey } from '../limits/bucket-key.js';
import type { Spend } from '../limits/order-spends.js';
import type { BucketLedger } from './bucket-ledger.js';
import type { FairShares } from './fair-shares.js';
import { CLASS_RANK, ORDER_CLASSES, SHARE_OF, sortKey, type OrderClass, type Share } from './order-class.js';
import type { OrderQueue } from './order-queue.js';
import { isBefore, MinHeap } from './min-heap.js';
import type { Waiters } from './planner-policy.js';
import type { WaitingOrder } from './waiting-order.js';
import type { Lane, WaitingQueues } from './waiting-queues.js';

/** One queue that may give the next order. */
export interface Source {
  readonly lane: Lane;
  readonly orderClass: OrderClass;
  readonly share: Share;
  readonly group: string;
  readonly queue: OrderQueue;
  /** How many of it were picked or passed over in this step. */
  cursor: number;
}

/** May the head of the source start as far as the shared buckets and slots go? Once false, false for the whole step. */
export type Admits = (source: Source, head: WaitingOrder) => boolean;

/**
 * Orders that wait for the same thing: the bucket that binds them, which is the one with least left, or a free slot.
 * Within a pool shares and groups are served fairly.
 */
export class Pool {
  readonly #heaps: Readonly<Record<OrderClass, MinHeap<Source>>>;
  /** How many were picked in this step. */
  picked = 0;

  constructor(
    readonly name: string,
    sources: readonly Source[],
    private readonly shares: FairShares,
    private readonly admits: Admits,
  ) {
    const heap = (orderClass: OrderClass) =>
      new MinHeap(
        sources.filter((source) => source.orderClass === orderClass),
        (source) => this.#rank(source),
      );
    this.#heaps = { revoked: heap('revoked'), renewal: heap('renewal'), manual: heap('manual'), new: heap('new') };
  }

  /** The source that is served next: least-served share, most pressing class, least-served group, first come. */
  next(): Source | undefined {
    let best: Source | undefined;
    let bestRank: readonly number[] = [];
    for (const orderClass of ORDER_CLASSES) {
      const source = this.#first(this.#heaps[orderClass]);
      if (!source) continue;
      const rank = [this.shares.startOf(this.name, source.share), CLASS_RANK[orderClass]];
      if (!best || isBefore(rank, bestRank)) [best, bestRank] = [source, rank];
    }
    return best;
  }

  /** An order of the source was started. */
  served(source: Source, weight: number): void {
    this.picked += 1;
    this.shares.serve(this.name, source.share, weight);
    if (source.share !== 'standing') this.shares.serve(this.#groups(source), source.group);
  }

  #first(heap: MinHeap<Source>): Source | undefined {
    for (let source = heap.peek(); source; source = heap.peek()) {
      const head = source.queue.at(source.cursor);
      if (head && this.admits(source, head)) return source;
      heap.pop();
    }
    return undefined;
  }

  /** Standing orders know no groups: what ends soonest counts. */
  #rank(source: Source): readonly number[] {
    const head = source.queue.at(source.cursor);
    if (!head) return [-Infinity, 0];
    const start = source.share === 'standing' ? 0 : this.shares.startOf(this.#groups(source), source.group);
    return [start, sortKey(head)];
  }

  #groups(source: Source): string {
    return `${this.name}#${source.orderClass}`;
  }
}

/** The name of the pool of orders that spend no shared bucket. */
const SLOTS = 'slots';

/** Which shares wait for which buckets. */
export class BucketWaiters {
  readonly #manual = new Set<string>();
  readonly #new = new Set<string>();

  constructor(lanes: Iterable<Lane>) {
    for (const lane of lanes) {
      for (const { key } of lane.spends) {
        if (lane.manual.size > 0) this.#manual.add(key);
        if (lane.new.size > 0) this.#new.add(key);
      }
    }
  }

  of(key: BucketKey): Waiters {
    return { manual: this.#manual.has(key), new: this.#new.has(key) };
  }
}

export interface Pools {
  readonly pools: readonly Pool[];
  /** When a lane that has nothing left for anybody may have something again. */
  readonly wakeAt: number;
}

/** Groups the waiting orders into pools. Lanes with nothing left for anybody are left out. */
export function poolsOf(
  queues: WaitingQueues,
  ledger: BucketLedger,
  leastKeptBack: (lane: Lane, spend: Spend) => number,
  shares: FairShares,
  admits: Admits,
): Pools {
  const sourcesByPool = new Map<string, Source[]>();
  let wakeAt = Infinity;
  for (const lane of queues.lanes) {
    if (isEmpty(lane)) continue;
    const wait = Math.max(
      ledger.now,
      ...lane.spends.map((spend) => ledger.earliest(spend, leastKeptBack(lane, spend))),
    );
    if (wait > ledger.now) {
      wakeAt = Math.min(wakeAt, wait);
      continue;
    }
    const name = bindingBucket(lane, ledger);
    const sources = sourcesByPool.get(name) ?? [];
    sources.push(...sourcesOf(lane));
    sourcesByPool.set(name, sources);
  }
  const pools = [...sourcesByPool].map(([name, sources]) => new Pool(name, sources, shares, admits));
  return { pools, wakeAt };
}

function isEmpty(lane: Lane): boolean {
  return lane.revoked.length === 0 && lane.renewal.length === 0 && lane.manual.size === 0 && lane.new.size === 0;
}

function* sourcesOf(lane: Lane): Iterable<Source> {
  for (const orderClass of ORDER_CLASSES) {
    const share = SHARE_OF[orderClass];
    if (orderClass === 'revoked' || orderClass === 'renewal') {
      const queue = lane[orderClass];
      if (queue.length > 0) yield { lane, orderClass, share, group: '', queue, cursor: 0 };
      continue;
    }
    for (const [group, queue] of lane[orderClass]) yield { lane, orderClass, share, group, queue, cursor: 0 };
  }
}

function bindingBucket(lane: Lane, ledger: BucketLedger): string {
  let binding = SLOTS;
  let least = Infinity;
  for (const spend of lane.spends) {
    const tokens = ledger.tokens(spend);
    if (tokens < least) [least, binding] = [tokens, spend.key];
  }
  return binding;
}
