import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';

interface ChildEvent {
  readonly event: 'ready' | 'log' | 'draining' | 'stopped' | 'refused';
  readonly message?: string;
  readonly url?: string;
  readonly pid?: number;
}

/** A child process that supervises an embedded PostgreSQL (embedded-postgres-process.ts), to be killed by tests. */
export class EmbeddedPostgresChild {
  readonly events: ChildEvent[] = [];
  readonly #changes = new EventEmitter();

  private constructor(
    readonly process: ChildProcess,
    readonly pid: number,
  ) {}

  /**
   * Starts it in a process group of its own; does not wait until PostgreSQL is ready.
   *
   * @param options.exitUncleanly ends with process.exit() on SIGTERM, without stopping PostgreSQL
   */
  static start(
    dataDirectory: string,
    options: { drainMilliseconds?: number; uid?: number; gid?: number; exitUncleanly?: boolean } = {},
  ): EmbeddedPostgresChild {
    const { drainMilliseconds = 0, exitUncleanly = false, ...owner } = options;
    const child = spawn(
      process.execPath,
      ['--import', './scripts/ts-hook.mjs', 'test/support/embedded-postgres-process.ts', dataDirectory],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
        env: {
          ...process.env,
          DRAIN_MILLISECONDS: String(drainMilliseconds),
          EXIT_UNCLEANLY: exitUncleanly ? '1' : '',
        },
        ...owner,
      },
    );
    if (child.pid === undefined) throw new Error('the child process was not started');
    const started = new EmbeddedPostgresChild(child, child.pid);
    createInterface({ input: child.stdout }).on('line', (line) => {
      started.events.push(JSON.parse(line) as ChildEvent);
      started.#changes.emit('change');
    });
    child.once('exit', () => started.#changes.emit('change'));
    return started;
  }

  /** Waits for an event; rejects with all that was said when the process ends without it. */
  async until(name: ChildEvent['event']): Promise<ChildEvent> {
    for (;;) {
      const found = this.events.find((event) => event.event === name);
      if (found) return found;
      if (!this.isRunning) throw new Error(`ended without ${name}: ${JSON.stringify(this.events)}`);
      await once(this.#changes, 'change');
    }
  }

  /** Waits for PostgreSQL; the URL and the process number of its postmaster. */
  async untilReady(): Promise<{ url: string; pid: number }> {
    const { url, pid } = await this.until('ready');
    if (url === undefined || pid === undefined) throw new Error('ready without an address');
    return { url, pid };
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    await exited;
  }
}
