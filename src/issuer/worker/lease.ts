/** The order belongs to another server by now, or to nobody: this run must stop, and write nothing. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(orderId: string) {
    super(`The lease on order ${orderId} is lost.`);
  }
}

/**
 * One claim of one order. The database holds the truth (every write of a run asks for this lease's id); what is kept
 * here saves a run that was stopped for long, by a suspended machine say, from spending something at the CA while
 * another server works on the same order. Times are those of the process's monotonic clock, in milliseconds.
 */
export class Lease {
  #validUntil: number;

  constructor(
    readonly id: string,
    readonly orderId: string,
    validUntil: number,
  ) {
    this.#validUntil = validUntil;
  }

  renewed(validUntil: number): void {
    this.#validUntil = validUntil;
  }

  lost(): void {
    this.#validUntil = -Infinity;
  }

  /** @throws LeaseLostError */
  assertHeld(monotonicNow = performance.now()): void {
    if (monotonicNow >= this.#validUntil) throw new LeaseLostError(this.orderId);
  }
}
