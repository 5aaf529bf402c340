import type { ServerLog } from '../ports/server-log.js';

/**
 * Work that goes on after its request was answered: validations and signing. So many at once, the rest waits in line;
 * nothing that fails in here takes the process with it, and a stopping server waits for what runs.
 */
export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #isStopped = false;

  constructor(
    private readonly maxActive: number,
    private readonly log: ServerLog,
  ) {}

  /** Starts the work, now or when its turn comes. Resolves when it is over, and never rejects. */
  run(description: string, work: () => Promise<void>): Promise<void> {
    const task = this.#perform(description, work).finally(() => this.#running.delete(task));
    this.#running.add(task);
    return task;
  }

  /** Waits for what runs; what still waits in line is dropped, and taken up again by its lease. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.idle();
  }

  /** Waits until nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #perform(description: string, work: () => Promise<void>): Promise<void> {
    if (this.#active < this.maxActive) this.#active += 1;
    else await new Promise<void>((wake) => this.#waiting.push(wake));
    try {
      if (!this.#isStopped) await work();
    } catch (error) {
      this.log.error(`${description} failed`, error);
    } finally {
      // Whoever waits longest takes the place over; it stays counted.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#active -= 1;
    }
  }
}
