import { Logger } from '@nestjs/common';

import { isDatabaseUnavailable } from '../../platform/database/database-unavailable.js';

const PAUSE_MILLISECONDS = 2_000;

/** Does a job again and again: at once while there is more to do, else when woken or after a pause. Never twice at a time. */
export class Repeater {
  private readonly logger: Logger;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWoken = false;
  #isStopped = false;

  /** @param job resolves to whether there may be more to do right away */
  constructor(
    name: string,
    private readonly job: () => Promise<boolean>,
  ) {
    this.logger = new Logger(name);
  }

  start(): void {
    this.#schedule(0);
  }

  wake(): void {
    if (this.#running) this.#isWoken = true;
    else this.#schedule(0);
  }

  /** Resolves when the job that is under way has ended; none begins any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
        this.#schedule(PAUSE_MILLISECONDS);
      });
    }, milliseconds).unref();
  }

  async #run(): Promise<void> {
    let hasMore = true;
    while (!this.#isStopped && (hasMore || this.#isWoken)) {
      this.#isWoken = false;
      try {
        hasMore = await this.job();
      } catch (error) {
        // While the database is away there is nothing to do, and others say so.
        if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'will be tried again');
        return;
      }
    }
  }
}
