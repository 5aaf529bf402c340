import { Injectable } from '@nestjs/common';

/** Before the first issuance of this process nobody knows. */
const FIRST_GUESS_SECONDS = 5;
/** How much the newest issuance counts. */
const WEIGHT = 0.1;

/** How long issuances take on this server, from claim to certificate: a moving average, for estimates. */
@Injectable()
export class IssuanceSpeed {
  #seconds: number | undefined;

  issued(seconds: number): void {
    this.#seconds = this.#seconds === undefined ? seconds : this.#seconds + WEIGHT * (seconds - this.#seconds);
  }

  get secondsPerOrder(): number {
    return this.#seconds ?? FIRST_GUESS_SECONDS;
  }
}
