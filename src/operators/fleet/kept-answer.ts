const SLOW_MILLISECONDS = 150;
const KEPT_TIMES = 3;
const LONGEST_MILLISECONDS = 5_000;

/**
 * An answer that may be slow to work out: what took long is kept three times as long, up to five seconds, so that
 * counting a large fleet for many who look at it never takes more than a part of the database's time. What is quick is
 * worked out each time.
 */
export class KeptAnswer<T> {
  #kept: { readonly answer: T; readonly until: number } | undefined;

  /** @param monotonicNow milliseconds */
  constructor(
    private readonly work: () => Promise<T>,
    private readonly monotonicNow: () => number = () => performance.now(),
  ) {}

  /** Rejects as `work` does, and keeps nothing of that. */
  async get(): Promise<T> {
    const start = this.monotonicNow();
    if (this.#kept && start < this.#kept.until) return this.#kept.answer;
    const answer = await this.work();
    const end = this.monotonicNow();
    const took = end - start;
    this.#kept =
      took < SLOW_MILLISECONDS ? undefined : { answer, until: end + Math.min(took * KEPT_TIMES, LONGEST_MILLISECONDS) };
    return answer;
  }
}
