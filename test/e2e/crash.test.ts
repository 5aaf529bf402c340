import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { PIPELINE_STEPS, type PipelineStep } from '../../src/issuer/domain/pipeline-step.js';
import { aCsr, toPem } from '../support/csr-builder.js';
import { createDatabase, type DatabaseServerKind, type OpenDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { describeWithPeers } from '../support/peers.js';
import { CRASH_ZONE, type CrashCa, openPebble, openSandboxCa } from './crash-ca.js';

const ROOT = new URL('../../', import.meta.url);
const SERVER = fileURLToPath(new URL('crash-server.ts', import.meta.url));
const HOOK = pathToFileURL(fileURLToPath(new URL('scripts/ts-hook.mjs', ROOT))).href;
const ADMIN_TOKEN = 'fco_test-admin-token-of-this-run';
/** Two starts of a server, on a busy machine. */
const TEST_MILLISECONDS = 150_000;
const PATIENCE_SECONDS = 40;

interface Order {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

class ServerEnded extends Error {}
class OrderFailed extends Error {}

/** Nobody answers yet: no. */
function unlessEnded(error: unknown): boolean {
  if (error instanceof ServerEnded || error instanceof OrderFailed) throw error;
  return false;
}

interface CrashSetting {
  readonly openCa: (folder: string, dnsPort: number) => Promise<CrashCa>;
  readonly server: DatabaseServerKind;
  readonly steps: readonly PipelineStep[];
  /** How many orders the CA may have made of one of ours that was killed at the step. */
  readonly ordersAtTheCa: (step: PipelineStep) => number[];
  readonly canLoseAnswers: boolean;
}

/** Kills servers at the steps, one order each, and compares with what the CA has seen of it. */
function itIsResumed({ openCa, server, steps, ordersAtTheCa, canLoseAnswers }: CrashSetting): void {
  let database: OpenDatabase;
  let ca: CrashCa;
  let folder: string;
  let child: ChildProcess | undefined;
  let output = '';
  let environment: Record<string, string>;
  let url: string;
  const orders: Order[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleetcert-crash-'));
    database = await createDatabase({ server });
    const [dnsPort, httpPort] = [await freePort(), await freePort()];
    ca = await openCa(folder, dnsPort);
    url = `http://127.0.0.1:${httpPort}`;
    environment = {
      DATABASE_URL: database.url,
      FLEETCERT_DATA_DIR: folder,
      FLEETCERT_SECRET_KEY: randomBytes(32).toString('base64'),
      FLEETCERT_ZONES: CRASH_ZONE,
      FLEETCERT_NAMESERVERS: `ns1.${CRASH_ZONE}=192.0.2.53`,
      FLEETCERT_DNS_LISTEN: `127.0.0.1:${dnsPort}`,
      FLEETCERT_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      FLEETCERT_ADMIN_TOKEN: ADMIN_TOKEN,
      FLEETCERT_ACME_DIRECTORY: ca.directoryUrl,
      FLEETCERT_ACME_CA_FILE: ca.caFile,
    };
  });
  afterEach(() => end('SIGKILL'));
  afterAll(async () => {
    await ca?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (crashAt?: PipelineStep): Promise<void> => {
    output = '';
    child = spawn(process.execPath, ['--enable-source-maps', '--import', HOOK, SERVER], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'test',
        ...environment,
        ...(crashAt && { CRASH_AT: crashAt, CRASH_SPARED: orders.map(({ id }) => id).join() }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const append = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-16_384);
    };
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
    await until('ready', async () => {
      if (child?.exitCode !== null) throw new ServerEnded(`the server could not start:\n${output}`);
      return (await fetch(`${url}/health/ready`)).ok;
    });
  };

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child.kill(signal);
    await gone;
  };

  const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + PATIENCE_SECONDS * 1000;
    while (!(await condition().catch(unlessEnded))) {
      if (Date.now() > deadline) throw new Error(`not ${what} within ${PATIENCE_SECONDS} s:\n${output.slice(-4000)}`);
      await sleep(50);
    }
  };

  const call = async (method: string, path: string, token: string, body?: object): Promise<Record<string, string>> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, string>;
  };

  const orderOf = async (name: string): Promise<string> => {
    const rows: { id: string }[] = await database.dataSource.query(
      `SELECT o.id FROM issuance_orders o JOIN devices d ON d.id = o.device_id WHERE d.name = $1`,
      [name],
    );
    return rows[0]!.id;
  };

  const order = async (): Promise<Order> => {
    const { key } = await call('POST', '/v1/enrollment-keys', ADMIN_TOKEN, {});
    const { name, token } = await call('POST', '/v1/enroll', '', { enrollmentKey: key });
    const deviceKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const csr = toPem(aCsr({ key: deviceKey, altNames: { dns: [name!] } }));
    // A server that is killed early may have taken the order and not have come to answer.
    const answer = await call('POST', '/v1/device/orders', token!, { csr }).catch(() => undefined);
    const taken = { id: answer?.['orderId'] ?? (await orderOf(name!)), name: name!, token: token! };
    orders.push(taken);
    return taken;
  };

  /** Where the CA has ended its order meanwhile, ours waits for a minute's backoff, which nobody has to sit out here. */
  const untilIssued = ({ id, token }: Order, mayHaveFailed: boolean): Promise<void> =>
    until('issued', async () => {
      const { status, reason } = await call('GET', `/v1/device/orders/${id}`, token);
      if (status === 'failed') throw new OrderFailed(reason);
      if (mayHaveFailed && status === 'deferred') {
        await database.dataSource.query(`UPDATE issuance_orders SET next_attempt_at = now() WHERE id = $1`, [id]);
      }
      return status === 'issued';
    });

  const textsOf = ({ name }: Order): Promise<unknown[]> =>
    database.dataSource.query(`SELECT 1 FROM rrsets WHERE name = $1`, [`_acme-challenge.${name}`]);

  const sinceThen = async (before: { orders: number; certificates: number }): Promise<object> => {
    const { orders: made, certificates } = await ca.counts();
    return { orders: made - before.orders, certificates: certificates - before.certificates };
  };

  it.each(steps)('at "%s": one certificate for the order', { timeout: TEST_MILLISECONDS }, async (step) => {
    const before = await ca.counts();
    await start(step);
    const taken = await order();
    await until('killed', async () => child?.signalCode === 'SIGKILL');
    expect(output).toContain(`crash: ${step} of ${taken.id}`);

    await start();
    await untilIssued(taken, ordersAtTheCa(step).length > 1);
    expect(await sinceThen(before)).toEqual({ orders: expect.toBeOneOf(ordersAtTheCa(step)), certificates: 1 });
    const rows: { n: number }[] = await database.dataSource.query(
      `SELECT count(*)::int AS n FROM certificates WHERE order_id = $1`,
      [taken.id],
    );
    expect(rows[0]!.n).toBe(1);
    // What was left after the certificate had been stored is swept up, some time later.
    if (step === 'certificate-stored') return;
    await until('cleaned up', async () => (await textsOf(taken)).length === 0);
  });

  if (!canLoseAnswers) return;
  it('and goes on by repeating newOrder when the answer to that was lost', async () => {
    const before = await ca.counts();
    await start();
    ca.loseNextOrderAnswer?.();
    const taken = await order();
    await untilIssued(taken, true);
    expect(await sinceThen(before)).toEqual({ orders: 2, certificates: 1 });
  });
}

/** A CA that was told to look, and found our DNS killed, has ended its order: then there has to be another one. */
function oneUnlessItLooked(step: PipelineStep): number[] {
  return step === 'challenge-answered' ? [1, 2] : [1];
}

describeWithPeers(['pebble', 'postgres'], 'a server that is killed with Pebble as its CA is resumed', () => {
  // Where the CA has made an order that we do not know yet, Pebble makes another one for the same names.
  itIsResumed({
    openCa: openPebble,
    server: 'installed',
    steps: PIPELINE_STEPS,
    ordersAtTheCa: (step) => (step === 'acme-order-made' ? [2] : oneUnlessItLooked(step)),
    canLoseAnswers: true,
  });
});

describe('a server that is killed with a CA that hands pending orders back is resumed', () => {
  itIsResumed({
    openCa: openSandboxCa,
    server: 'embedded',
    steps: ['acme-order-made', 'challenge-answered', 'finalized'],
    ordersAtTheCa: oneUnlessItLooked,
    canLoseAnswers: false,
  });
});
