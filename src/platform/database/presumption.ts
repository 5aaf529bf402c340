import { sqlState } from './sql-state.js';

/**
 * A presumption is a statement `SELECT presume(…)` (migration 19) that fails unless rows hold what this server remembers of
 * them. What is made from them can then be sent, and committed, in the same round trip: it happens on exactly these rows,
 * or not at all. A wrong one costs three round trips more than no presumption, and PostgreSQL logs it as an error.
 */
const WRONG = 'PF001';

export function isWrongPresumption(error: unknown): boolean {
  return sqlState(error) === WRONG;
}

/** The most transactions that presume nothing after a wrong one. */
const MOST_WITHOUT = 256;

/**
 * Presumes less often after it was wrong: with several servers that change the same rows all the time it mostly is. All
 * transactions count, also those that could not presume anything.
 */
export class PresumptionPace {
  #without = 0;
  #next = 1;

  /** To be asked once a transaction. */
  mayPresume(): boolean {
    if (this.#without === 0) return true;
    this.#without -= 1;
    return false;
  }

  wasRight(): void {
    this.#next = Math.max(this.#next - 1, 1);
  }

  wasWrong(): void {
    this.#without = this.#next;
    this.#next = Math.min(this.#next * 2, MOST_WITHOUT);
  }
}
