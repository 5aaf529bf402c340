import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeTlsPair } from './tls-pair.js';

const START_SECONDS = 20;
const STOP_SECONDS = 5;
const START_ATTEMPTS = 3;

export interface PebbleOptions {
  /** `address:port` that dns-01 is asked at, by UDP; absent: the system's resolver. */
  readonly dnsServer?: string;
  /** How many of a hundred good nonces are rejected; absent: Pebble's default of 5. */
  readonly nonceRejectPercent?: number;
  /** Sleep a random time before each validation, as Pebble does by default; absent: no sleep. */
  readonly sleepBeforeValidation?: boolean;
  /** How many of a hundred valid authorizations are reused by later orders; absent: Pebble's default of 50. */
  readonly authorizationReusePercent?: number;
  /** External accounts, kid → base64url HMAC key; when given, every new account needs one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Lifetime of the certificates, in seconds; absent: Pebble's default of five years. */
  readonly validitySeconds?: number;
  /** Alternate roots beside the first; absent: none. */
  readonly alternateRoots?: number;
  /** Believe every challenge without a look-up; absent: validate. */
  readonly alwaysValid?: boolean;
}

export interface Pebble {
  readonly directoryUrl: string;
  /** PEM file of the root that Pebble's own HTTPS is signed by, and its content. */
  readonly caFile: string;
  readonly caPem: string;
  readonly managementUrl: string;
  readonly pid: number;
  /** The root that its certificates chain up to, PEM; `index` above 0: an alternate one. */
  rootPem(index?: number): Promise<string>;
  intermediatePem(index?: number): Promise<string>;
  /** What Pebble knows of a certificate, by its serial in hexadecimal; undefined when it never issued it. */
  certificateStatus(serialHex: string): Promise<PebbleCertificateStatus | undefined>;
  /** The last lines of its log. */
  log(): string;
  /** Ends the process and removes its files. May be called twice. */
  stop(): Promise<void>;
}

export interface PebbleCertificateStatus {
  readonly Certificate: string;
  readonly Status: 'Valid' | 'Revoked';
  readonly Serial: string;
  readonly Reason?: number;
  readonly RevokedAt?: string;
}

/** Starts Debian's `pebble -strict` on free loopback ports with a TLS pair of its own; resolves when it answers. */
export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  // Between finding a free port and Pebble's bind somebody else may take it: then once more, with others.
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === START_ATTEMPTS || !String(error).includes('address already in use')) throw error;
    }
  }
}

async function startOnce(options: PebbleOptions): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'fleetcert-pebble-'));
  const [port, managementPort, httpPort, tlsPort] = await freePorts(4);
  const pair = await makeTlsPair();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, pair.caPem);
  await writeFile(join(folder, 'cert.pem'), pair.certificatePem);
  await writeFile(join(folder, 'key.pem'), pair.privateKeyPem, { mode: 0o600 });
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${managementPort}`,
        certificate: join(folder, 'cert.pem'),
        privateKey: join(folder, 'key.pem'),
        httpPort,
        tlsPort,
        ocspResponderURL: '',
        externalAccountBindingRequired: options.externalAccounts !== undefined,
        ...(options.externalAccounts && { externalAccountMACKeys: options.externalAccounts }),
        ...(options.validitySeconds && { certificateValidityPeriod: options.validitySeconds }),
      },
    }),
  );

  const process_ = spawnPebble(folder, options);
  const tail = keepTail(process_);
  const endOnExit = (): void => void process_.kill('SIGKILL');
  process.once('exit', endOnExit);

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      await end(process_);
      process.removeListener('exit', endOnExit);
      await rm(folder, { recursive: true, force: true });
    })());

  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  const managementUrl = `https://127.0.0.1:${managementPort}`;
  const fetch = (path: string): Promise<FetchedText> => fetchText(`${managementUrl}${path}`, pair.caPem);
  try {
    await waitUntilAnswers(process_, [directoryUrl, `${managementUrl}/roots/0`], pair.caPem, tail);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    directoryUrl,
    caFile,
    caPem: pair.caPem,
    managementUrl,
    pid: process_.pid ?? 0,
    rootPem: async (index = 0) => mustBeOk(await fetch(`/roots/${index}`)),
    intermediatePem: async (index = 0) => mustBeOk(await fetch(`/intermediates/${index}`)),
    certificateStatus: async (serialHex) => {
      const answer = await fetch(`/cert-status-by-serial/${serialHex}`);
      return answer.status === 404 ? undefined : (JSON.parse(mustBeOk(answer)) as PebbleCertificateStatus);
    },
    log: tail,
    stop,
  };
}

function spawnPebble(folder: string, options: PebbleOptions): ChildProcess {
  const dns = options.dnsServer ? ['-dnsserver', options.dnsServer] : [];
  return spawn('pebble', ['-config', join(folder, 'config.json'), '-strict', ...dns], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ...(!options.sleepBeforeValidation && { PEBBLE_VA_NOSLEEP: '1' }),
      ...(options.alwaysValid && { PEBBLE_VA_ALWAYS_VALID: '1' }),
      ...(options.nonceRejectPercent !== undefined && { PEBBLE_WFE_NONCEREJECT: String(options.nonceRejectPercent) }),
      ...(options.authorizationReusePercent !== undefined && {
        PEBBLE_AUTHZREUSE: String(options.authorizationReusePercent),
      }),
      ...(options.alternateRoots !== undefined && { PEBBLE_ALTERNATE_ROOTS: String(options.alternateRoots) }),
    },
  });
}

/** Collects the output; the answer gives the last 16 KiB of it. */
function keepTail(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-16_384);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  child.on('error', (error) => add(Buffer.from(String(error))));
  return () => text;
}

async function waitUntilAnswers(
  child: ChildProcess,
  urls: readonly string[],
  caPem: string,
  tail: () => string,
): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (const url of urls) {
    while (!(await fetchText(url, caPem).catch(() => undefined))) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        throw new Error(`pebble ended while starting:\n${tail()}`);
      }
      if (Date.now() > deadline) throw new Error(`pebble did not answer within ${START_SECONDS} s:\n${tail()}`);
      await delay(25);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
  await exited;
  clearTimeout(hard);
}

interface FetchedText {
  readonly status: number;
  readonly text: string;
}

function fetchText(url: string, ca: string): Promise<FetchedText> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca, agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not answer in time`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function mustBeOk(answer: FetchedText): string {
  if (answer.status !== 200) throw new Error(`pebble answered ${answer.status}: ${answer.text}`);
  return answer.text;
}

/** Ports that were free a moment ago, all different: the listeners are held until every one is known. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
