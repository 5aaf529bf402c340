import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from './free-port.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const START_SECONDS = 60;
const STOP_SECONDS = 30;

export const PROCESS_ADMIN_TOKEN = 'fco_test-admin-token-of-this-run';

/** The server as it is shipped, in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly dnsPort: number;
  readonly dataDirectory: string;
  readonly pid: number;
  /** Everything that it has printed. */
  output(): string;
  /** Resolves when the output holds the text. */
  waitForOutput(text: string | RegExp, seconds?: number): Promise<string>;
  /** Resolves to the exit code once the process is gone. */
  readonly exited: Promise<number | null>;
  api(method: string, path: string, body?: unknown, token?: string): Promise<ApiAnswer>;
  enrollmentKey(): Promise<string>;
  /** Sends the signal and waits for the end; files stay. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface ServerProcessOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Of an earlier process, to continue with its data. */
  readonly dataDirectory?: string;
  readonly dnsPort?: number;
  readonly httpPort?: number;
  readonly caPort?: number;
  /** What has to run before it counts as started; default: `/health/ready` answers 200. */
  readonly waitUntilReady?: boolean;
}

/** Starts `dist/src/main.js` on free ports, in a working directory of its own, without demo devices unless told. */
export async function startServer(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'fleetcert-server-')));
  const dnsPort = options.dnsPort ?? (await freePort());
  const httpPort = options.httpPort ?? (await freePort());
  const caPort = options.caPort ?? (await freePort());
  const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
    cwd: dataDirectory,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_ENV: 'test',
      FLEETCERT_DATA_DIR: dataDirectory,
      FLEETCERT_DNS_LISTEN: `127.0.0.1:${dnsPort}`,
      FLEETCERT_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      FLEETCERT_SANDBOX_CA_LISTEN: `127.0.0.1:${caPort}`,
      FLEETCERT_SANDBOX_DEVICES: '0',
      FLEETCERT_ADMIN_TOKEN: PROCESS_ADMIN_TOKEN,
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = new RunningServer(child, `http://127.0.0.1:${httpPort}`, dnsPort, dataDirectory);
  if (options.waitUntilReady !== false) await server.ready();
  return server;
}

class RunningServer implements ServerProcess {
  readonly exited: Promise<number | null>;
  private printed = '';
  private hasExited = false;

  constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly dnsPort: number,
    readonly dataDirectory: string,
  ) {
    const append = (chunk: Buffer): void => {
      this.printed += chunk.toString();
    };
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code) => {
        this.hasExited = true;
        resolve(code);
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  output(): string {
    return this.printed;
  }

  async ready(): Promise<void> {
    await this.until(async () => (await fetch(`${this.url}/health/ready`)).ok, 'become ready', START_SECONDS);
  }

  async waitForOutput(text: string | RegExp, seconds = START_SECONDS): Promise<string> {
    const holds = (): boolean => (typeof text === 'string' ? this.printed.includes(text) : text.test(this.printed));
    await this.until(() => Promise.resolve(holds()), `print ${String(text)}`, seconds);
    return this.printed;
  }

  async api(method: string, path: string, body?: unknown, token = PROCESS_ADMIN_TOKEN): Promise<ApiAnswer> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
    };
  }

  async enrollmentKey(): Promise<string> {
    const { body } = await this.api('POST', '/v1/enrollment-keys', {});
    return body['key'] as string;
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.hasExited) this.child.kill(signal);
    const late = sleep(STOP_SECONDS * 1000, 'late' as const, { ref: false });
    const result = await Promise.race([this.exited, late]);
    if (result !== 'late') return result;
    this.child.kill('SIGKILL');
    throw new Error(`the server did not end within ${STOP_SECONDS} s of ${signal}:\n${this.printed.slice(-4000)}`);
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.dataDirectory, { recursive: true, force: true });
  }

  private async until(condition: () => Promise<boolean>, what: string, seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      if (await condition().catch(() => false)) return;
      if (this.hasExited || Date.now() > deadline) {
        throw new Error(
          `the server did not ${what}${this.hasExited ? ', it ended' : ` within ${seconds} s`}:\n${this.printed.slice(-4000)}`,
        );
      }
      await sleep(50);
    }
  }
}
