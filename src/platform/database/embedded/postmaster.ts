import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { pathFor } from './cluster-path.js';
import type { OsAccount } from './os-account.js';
import { readPostmasterFile } from './postmaster-file.js';
import { PROGRAM_ENVIRONMENT, type PostgresPrograms } from './postgres-programs.js';
import { signalProcess, stopPostmaster } from './stop-postmaster.js';

const KEPT_LOG_LINES = 30;

export interface PostmasterOptions {
  readonly programs: PostgresPrograms;
  readonly clusterDirectory: string;
  readonly account: OsAccount | undefined;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Whether there is a Unix socket in the cluster's directory as well. */
  readonly hasSocket: boolean;
  /** Server parameters, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** How long a start may take; the recovery after a crash is part of it. */
  readonly startSeconds: number;
  /** Called for each line that PostgreSQL logs. */
  readonly onLogLine: (line: string) => void;
}

/** One run of a PostgreSQL server as a child of this process. */
export class Postmaster {
  /** Settles when the process has ended, however it came to that. */
  readonly ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
    private readonly lastLines: readonly string[],
  ) {
    process.on('exit', this.#onExit);
    this.ended = this.#untilEnded();
  }

  /**
   * Starts the server and waits until it takes connections.
   *
   * @throws Error with the last lines of PostgreSQL's log when it ends, or is not ready in time
   */
  static async start(options: PostmasterOptions): Promise<Postmaster> {
    const { clusterDirectory, account } = options;
    const path = await pathFor(account, clusterDirectory);
    const child = spawn(join(options.programs.directory, 'postgres'), serverArguments(options, path), {
      cwd: clusterDirectory,
      env: { ...PROGRAM_ENVIRONMENT },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A session of its own: Ctrl-C reaches every process of the terminal's group, and the database has to outlive
      // the server's drain.
      detached: true,
      ...(account && { uid: account.uid, gid: account.gid }),
    });
    const lastLines: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LOG_LINES) lastLines.shift();
      options.onLogLine(line);
    });
    await once(child, 'spawn');
    const { pid } = child;
    if (pid === undefined) throw new Error('PostgreSQL was started without a process number');
    const postmaster = new Postmaster(child, pid, lastLines);
    await postmaster.#waitUntilReady(clusterDirectory, options.startSeconds);
    return postmaster;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** How the process ended, for a log line. */
  get ending(): string {
    const { exitCode, signalCode } = this.child;
    return signalCode ? `by signal ${signalCode}` : `with code ${exitCode}`;
  }

  /** Fast shutdown, with harder ones behind it. */
  async stop(): Promise<void> {
    await stopPostmaster(this.pid, () => this.isRunning);
    await this.ended;
  }

  async #untilEnded(): Promise<void> {
    await once(this.child, 'exit');
    process.off('exit', this.#onExit);
  }

  /** The process that leaves without having stopped us has drained, or never will: do not stay behind. */
  readonly #onExit = (): void => {
    if (this.isRunning) signalProcess(this.pid, 'SIGINT');
  };

  async #waitUntilReady(clusterDirectory: string, startSeconds: number): Promise<void> {
    const deadline = Date.now() + startSeconds * 1000;
    while (this.isRunning) {
      const file = readPostmasterFile(clusterDirectory);
      if (file?.pid === this.pid && file.status === 'ready') return;
      if (Date.now() > deadline) {
        await this.stop();
        throw new Error(`PostgreSQL was not ready after ${startSeconds} s: ${this.lastLines.join('\n')}`);
      }
      await sleep(10);
    }
    // The reason may still be in the pipe.
    if (!this.child.stderr?.closed) await Promise.race([once(this.child, 'close'), sleep(1000)]);
    throw new Error(`PostgreSQL ended ${this.ending} while starting: ${this.lastLines.join('\n')}`);
  }
}

function serverArguments(options: PostmasterOptions, path: string): string[] {
  const settings = {
    ...options.settings,
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    // In its own directory, which is nobody else's: the shared temporary folder is everybody's. It is named from within,
    // where its path is short, and where the account may not come from outside.
    unix_socket_directories: options.hasSocket ? '.' : '',
    unix_socket_permissions: '0700',
  };
  return ['-D', path, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
