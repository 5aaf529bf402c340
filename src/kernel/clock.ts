/**
 * The time, as a dependency. Domain code takes `now` as a parameter; shells inject a Clock, so that a test or the
 * simulator can hold or speed up time.
 */
export abstract class Clock {
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}

/** A clock that moves only when told. */
export class ManualClock extends Clock {
  #milliseconds: number;

  constructor(start: Date | string) {
    super();
    this.#milliseconds = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#milliseconds);
  }

  advanceSeconds(seconds: number): void {
    this.#milliseconds += seconds * 1000;
  }
}

/** `time` plus `seconds`, as a new Date. */
export function addSeconds(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
