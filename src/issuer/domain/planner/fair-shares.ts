/** What a pool remembers of its flows: virtual times, which only grow. */
export interface PoolTags {
  /** The start of the last service. */
  readonly virtualTime: number;
  /** By flow: the end of its last service, where that is still ahead of the virtual time. */
  readonly finish: ReadonlyMap<string, number>;
}

/** By pool. All that is kept between steps, as rows (pool, flow, tag). */
export type ShareTags = ReadonlyMap<string, PoolTags>;

const UNUSED: PoolTags = { virtualTime: 0, finish: new Map() };

/**
 * Start-time fair queueing: who has had least of a pool lately is next, and nobody is paid back for a time in which he
 * wanted nothing.
 */
export class FairShares {
  readonly #before: ShareTags;
  readonly #changed = new Map<string, { virtualTime: number; finish: Map<string, number> }>();

  constructor(tags: ShareTags) {
    this.#before = tags;
  }

  /** The virtual time at which a service of this flow would start: the smallest goes first. */
  startOf(pool: string, flow: string): number {
    const { virtualTime, finish } = this.#pool(pool);
    return Math.max(virtualTime, finish.get(flow) ?? 0);
  }

  /** The same for many flows of a pool. */
  startsOf(pool: string): (flow: string) => number {
    const { virtualTime, finish } = this.#pool(pool);
    return finish.size === 0 ? () => virtualTime : (flow) => Math.max(virtualTime, finish.get(flow) ?? 0);
  }

  /** The flow is served once; the heavier its weight, the sooner it may be again. */
  serve(pool: string, flow: string, weight = 1): void {
    let tags = this.#changed.get(pool);
    if (!tags) {
      const { virtualTime, finish } = this.#pool(pool);
      this.#changed.set(pool, (tags = { virtualTime, finish: new Map(finish) }));
    }
    tags.virtualTime = Math.max(tags.virtualTime, tags.finish.get(flow) ?? 0);
    tags.finish.set(flow, tags.virtualTime + 1 / weight);
  }

  /** The tags to keep; those that say nothing any more are left out. */
  tags(): ShareTags {
    const kept = new Map(this.#before);
    for (const [pool, { virtualTime, finish }] of this.#changed) {
      const ahead = [...finish].filter(([, end]) => end > virtualTime);
      kept.set(pool, { virtualTime, finish: new Map(ahead) });
    }
    return kept;
  }

  #pool(pool: string): PoolTags {
    return this.#changed.get(pool) ?? this.#before.get(pool) ?? UNUSED;
  }
}
