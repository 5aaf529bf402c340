import type { Share } from './order-class.js';

/** With more groups, those still in line are taken to be spread evenly: counting them would grow with their square. */
const MOST_COUNTED_GROUPS = 1000;

/**
 * At which place an order is served where groups take turns: the k-th of a group comes after the k-1 first of every
 * group, as far as they have so many. `sizes` are the groups' numbers of waiting orders, in the order of their turns.
 */
export class TurnOrder {
  readonly #groups: number;
  readonly #ascending: Float64Array;
  /** Sum of the i smallest sizes. */
  readonly #sums: Float64Array;

  constructor(private readonly sizes: readonly number[]) {
    this.#groups = sizes.length;
    this.#ascending = Float64Array.from(sizes).toSorted();
    this.#sums = new Float64Array(sizes.length + 1);
    for (let i = 0; i < sizes.length; i++) this.#sums[i + 1] = this.#sums[i]! + this.#ascending[i]!;
  }

  /**
   * The place, 1 the first, of the `k`-th order of the group whose turn is the `turn`-th, 0 the first; `k` may be a
   * fraction, and has to grow from call to call of the returned function.
   */
  placesOf(turn: number): (k: number) => number {
    let exhausted = 0;
    let earlier: Float64Array | undefined;
    let earlierExhausted = 0;
    /** Groups with an earlier turn that still have one to serve in this round. */
    const earlierInLine = (before: number): number => {
      if (exhausted === 0) return turn;
      if (this.#groups > MOST_COUNTED_GROUPS) return (turn * (this.#groups - exhausted)) / this.#groups;
      earlier ??= Float64Array.from(this.sizes.slice(0, turn)).toSorted();
      while (earlierExhausted < turn && earlier[earlierExhausted]! <= before) earlierExhausted += 1;
      return turn - earlierExhausted;
    };
    return (k) => {
      const before = k - 1;
      while (exhausted < this.#groups && this.#ascending[exhausted]! <= before) exhausted += 1;
      const others = this.#groups - exhausted;
      return this.#sums[exhausted]! + others * before + 1 + earlierInLine(before);
    };
  }
}

/** One share's claim on a contended bucket: how many of it wait, and the virtual time of its next turn. */
export interface ShareClaim {
  readonly share: Share;
  readonly waiting: number;
  readonly start: number;
  readonly weight: number;
}

/**
 * Which token of a contended bucket, 1 the first, the `place`-th order of a share gets: its turn is at a virtual time
 * (start-time fair queueing), and of the others come those that have theirs before. `others` are in the order in which
 * equal times are served; `ahead` of them come before this share.
 */
export function tokenOf(own: ShareClaim, place: number, others: readonly ShareClaim[], ahead: number): number {
  const turn = own.start + (place - 1) / own.weight;
  let token = place;
  for (let i = 0; i < others.length; i++) {
    const { waiting, start, weight } = others[i]!;
    const turns = (turn - start) * weight;
    const before = i < ahead ? Math.floor(turns + EPSILON) + 1 : Math.ceil(turns - EPSILON);
    token += Math.min(waiting, Math.max(0, before));
  }
  return token;
}

/** Sums of 1/weight are not exact. */
const EPSILON = 1e-6;
