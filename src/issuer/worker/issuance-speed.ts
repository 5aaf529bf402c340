import { Injectable } from '@nestjs/common';

/** Before the first issuance of this process nobody knows. */
const FIRST_GUESS_SECONDS = 5;
/** How much the newest issuance counts. */
const WEIGHT = 0.1;

/** Told of each run of an order: how it ended, and how long it took. */
export type RunListener = (end: string, seconds: number) => void;

/** How long issuances take on this server, from claim to certificate: a moving average, for estimates. */
@Injectable()
export class IssuanceSpeed {
  #seconds: number | undefined;
  readonly #listeners = new Set<RunListener>();

  issued(seconds: number): void {
    this.#seconds = this.#seconds === undefined ? seconds : this.#seconds + WEIGHT * (seconds - this.#seconds);
  }

  /** A run has ended, however: for who measures. */
  ended(end: string, seconds: number): void {
    for (const listener of this.#listeners) listener(end, seconds);
    if (end === 'issued') this.issued(seconds);
  }

  onEnd(listener: RunListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get secondsPerOrder(): number {
    return this.#seconds ?? FIRST_GUESS_SECONDS;
  }
}
