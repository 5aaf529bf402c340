import { FULL_BUCKET, timeOfNth, type BucketState } from '../limits/bucket.js';
import type { Spend } from '../limits/order-spends.js';
import { FairShares } from './fair-shares.js';
import { SHARE_OF, sortKey, type OrderClass, type Share } from './order-class.js';
import { keptBack, type PlannerPolicy } from './planner-policy.js';
import { tokenOf, TurnOrder, type ShareClaim } from './service-rank.js';
import type { Lane } from './waiting-queues.js';

/** In the order in which equal turns are served. */
const SHARES = ['standing', 'manual', 'new'] as const satisfies readonly Share[];

interface GroupDemand {
  size: number;
  firstKey: number;
  turn: number;
}

/** Who waits for one shared bucket, over all lanes: what is needed to say when a waiting order gets its token. */
export class BucketDemand {
  readonly #waiting = { standing: 0, manual: 0, new: 0 };
  readonly #standing = { revoked: 0, renewal: 0 };
  readonly #groups = { manual: new Map<string, GroupDemand>(), new: new Map<string, GroupDemand>() };
  #turns: Readonly<Record<'manual' | 'new', TurnOrder>> | undefined;
  readonly #bucket: BucketState;

  constructor(
    readonly spend: Spend,
    bucket: BucketState | undefined,
    private readonly shares: FairShares,
    private readonly policy: PlannerPolicy,
  ) {
    this.#bucket = bucket ?? FULL_BUCKET;
  }

  count(lane: Lane): void {
    this.#standing.revoked += lane.revoked.length;
    this.#standing.renewal += lane.renewal.length;
    this.#waiting.standing += lane.revoked.length + lane.renewal.length;
    for (const kind of ['manual', 'new'] as const) {
      for (const [group, queue] of lane[kind]) {
        const demand = this.#groups[kind].get(group) ?? { size: 0, firstKey: Infinity, turn: 0 };
        demand.size += queue.length;
        demand.firstKey = Math.min(demand.firstKey, sortKey(queue.at(0)!));
        this.#groups[kind].set(group, demand);
        this.#waiting[kind] += queue.length;
      }
    }
  }

  /** When the k-th order of a queue (1 the first) gets its token: a function of k, to be called with growing k. */
  timesFor(orderClass: OrderClass, group: string, length: number, now: number): (k: number) => number {
    const share = SHARE_OF[orderClass];
    const { limit } = this.spend;
    const place = this.#placesFor(orderClass, group, length);
    const claims = SHARES.map((name) => this.#claim(name));
    const ahead = SHARES.indexOf(share);
    const own = claims[ahead]!;
    const others = claims.filter((claim) => claim !== own);
    const manual = claims.find((claim) => claim.share === 'manual')!;
    const kept = (manualOnesWait: boolean) =>
      keptBack(this.policy, limit.burst, { share, atRisk: true }, { manual: manualOnesWait, new: true });
    const [keptMeanwhile, keptAfterwards] = [kept(true), kept(false)];
    return (k) => {
      const at = place(k);
      const token = Math.ceil(tokenOf(own, at, others, ahead) - 1e-6);
      const manualOnesWait = (own.start + at / own.weight - manual.start) * manual.weight < manual.waiting;
      return timeOfNth(limit, this.#bucket, now, token, manualOnesWait ? keptMeanwhile : keptAfterwards);
    };
  }

  #claim(share: Share): ShareClaim {
    const start = this.shares.startOf(this.spend.key, share);
    return { share, waiting: this.#waiting[share], start, weight: this.policy.weights[share] };
  }

  #placesFor(orderClass: OrderClass, group: string, length: number): (k: number) => number {
    // Other lanes may hold orders of the same queue: they are taken to be spread evenly among this lane's.
    if (orderClass === 'revoked' || orderClass === 'renewal') {
      const spread = this.#standing[orderClass] / length;
      const before = orderClass === 'renewal' ? this.#standing.revoked : 0;
      return (k) => before + k * spread;
    }
    const demand = this.#groups[orderClass].get(group)!;
    const turns = (this.#turns ??= { manual: this.#order('manual'), new: this.#order('new') })[orderClass];
    const spread = demand.size / length;
    const place = turns.placesOf(demand.turn);
    return (k) => place(k * spread);
  }

  #order(kind: Extract<Share, 'manual' | 'new'>): TurnOrder {
    const startOf = this.shares.startsOf(`${this.spend.key}#${kind}`);
    const groups = [...this.#groups[kind]].map(([name, demand]) => ({ demand, start: startOf(name) }));
    groups.sort((a, b) => a.start - b.start || a.demand.firstKey - b.demand.firstKey);
    for (const [turn, { demand }] of groups.entries()) demand.turn = turn;
    return new TurnOrder(groups.map(({ demand }) => demand.size));
  }
}
