/** Waits after the first, second, … unanswered NOTIFY (RFC 1996 section 3.6 leaves them to us); the last one repeats. */
const BACKOFF_SECONDS = [1, 2, 4, 8, 16, 32, 60] as const;

/** On a busy zone one NOTIFY stands for all changes of this time: it tells the serial, not the change. */
export const QUIET_MILLISECONDS = 250;

/**
 * What one secondary has been told of one zone: NOTIFY is repeated until it is acknowledged (RFC 1996 section 3.5), and
 * one at a time is under way. Times are milliseconds of a clock that does not go back.
 */
export class NotifyState {
  /** When the next NOTIFY is due; Infinity: nothing to tell, or one is under way. */
  dueAt = Infinity;
  #unanswered = 0;
  #lastSent = -Infinity;
  #isUnderWay = false;
  #isChanged = false;

  /** How many in a row were not acknowledged. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** The zone has a new serial. */
  changed(now: number): void {
    this.#isChanged = true;
    // A secondary that does not answer is not asked more often because there is more to tell it.
    if (this.#isUnderWay || this.#unanswered > 0) return;
    this.dueAt = Math.min(this.dueAt, Math.max(now, this.#lastSent + QUIET_MILLISECONDS));
  }

  /** A NOTIFY of the present serial goes out. */
  sent(now: number): void {
    this.#isUnderWay = true;
    this.#isChanged = false;
    this.#lastSent = now;
    this.dueAt = Infinity;
  }

  /** It was acknowledged. */
  acknowledged(now: number): void {
    this.#isUnderWay = false;
    this.#unanswered = 0;
    if (this.#isChanged) this.changed(now);
  }

  /** Nobody answered, or with an error. */
  failed(now: number): void {
    this.#isUnderWay = false;
    const seconds = BACKOFF_SECONDS[Math.min(this.#unanswered, BACKOFF_SECONDS.length - 1)]!;
    this.#unanswered += 1;
    this.dueAt = now + seconds * 1000;
  }
}
