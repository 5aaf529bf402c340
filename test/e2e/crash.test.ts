import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { PIPELINE_STEPS, type PipelineStep } from '../../src/issuer/domain/pipeline-step.js';
import { aCsr, toPem } from '../support/csr-builder.js';
import { createDatabase, type OpenDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { type Pebble, startPebble } from '../support/pebble.js';
import { describeWithPeers } from '../support/peers.js';
import { type CountingProxy, startCountingProxy } from './crash-proxy.js';

const ROOT = new URL('../../', import.meta.url);
const SERVER = fileURLToPath(new URL('crash-server.ts', import.meta.url));
const HOOK = pathToFileURL(fileURLToPath(new URL('scripts/ts-hook.mjs', ROOT))).href;
const ADMIN_TOKEN = 'fco_test-admin-token-of-this-run';
const ZONE = 'd.example.com';
const PATIENCE_SECONDS = 60;

interface Order {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

describeWithPeers(['pebble', 'postgres'], 'a server that is killed in the middle of an issuance', () => {
  let database: OpenDatabase;
  let pebble: Pebble;
  let proxy: CountingProxy;
  let folder: string;
  let child: ChildProcess | undefined;
  let output = '';
  let environment: Record<string, string>;
  let url: string;
  const orders: Order[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleetcert-crash-'));
    database = await createDatabase({ server: 'installed' });
    const [dnsPort, httpPort] = [await freePort(), await freePort()];
    pebble = await startPebble({ dnsServer: `127.0.0.1:${dnsPort}`, authorizationReusePercent: 0 });
    proxy = await startCountingProxy(pebble, folder);
    url = `http://127.0.0.1:${httpPort}`;
    environment = {
      DATABASE_URL: database.url,
      FLEETCERT_DATA_DIR: folder,
      FLEETCERT_SECRET_KEY: randomBytes(32).toString('base64'),
      FLEETCERT_ZONES: ZONE,
      FLEETCERT_NAMESERVERS: `ns1.${ZONE}=192.0.2.53`,
      FLEETCERT_DNS_LISTEN: `127.0.0.1:${dnsPort}`,
      FLEETCERT_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      FLEETCERT_ADMIN_TOKEN: ADMIN_TOKEN,
      FLEETCERT_ACME_DIRECTORY: proxy.directoryUrl,
      FLEETCERT_ACME_CA_FILE: proxy.caFile,
    };
  });
  afterEach(() => end('SIGKILL'));
  afterAll(async () => {
    await proxy?.close();
    await pebble?.stop();
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
    await until('ready', async () => (await fetch(`${url}/health/ready`)).ok);
  };

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child.kill(signal);
    await gone;
  };

  const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + PATIENCE_SECONDS * 1000;
    while (!(await condition().catch(() => false))) {
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

  const order = async (): Promise<Order> => {
    const { key } = await call('POST', '/v1/enrollment-keys', ADMIN_TOKEN, {});
    const { name, token } = await call('POST', '/v1/enroll', '', { enrollmentKey: key });
    const deviceKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const csr = toPem(aCsr({ key: deviceKey, altNames: { dns: [name!] } }));
    const { orderId } = await call('POST', '/v1/device/orders', token!, { csr });
    const taken = { id: orderId!, name: name!, token: token! };
    orders.push(taken);
    return taken;
  };

  const untilIssued = ({ id, token }: Order): Promise<void> =>
    until('issued', async () => (await call('GET', `/v1/device/orders/${id}`, token))['status'] === 'issued');

  it.each(PIPELINE_STEPS)('at "%s" is resumed by its next start: one certificate for the order', async (step) => {
    await start(step);
    const taken = await order();
    await until('killed', async () => child?.signalCode === 'SIGKILL');
    expect(output).toContain(`crash: ${step} of ${taken.id}`);

    await start();
    await untilIssued(taken);
    // The one step at which the CA has made an order that we do not know yet: Pebble hands no pending order back.
    expect(proxy.tally(taken.name)).toEqual({ orders: step === 'acme-order-made' ? 2 : 1, certificates: 1 });
    await until('cleaned up', async () => {
      const left: unknown[] = await database.dataSource.query(
        `SELECT 1 FROM rrsets WHERE name LIKE '_acme-challenge.%'`,
      );
      return left.length === 0 || ['certificate-stored', 'challenge-withdrawn'].includes(step);
    });
    const rows: { n: number }[] = await database.dataSource.query(
      `SELECT count(*)::int AS n FROM certificates WHERE order_id = $1`,
      [taken.id],
    );
    expect(rows[0]!.n).toBe(1);
  });

  it('and one whose answer to newOrder was lost goes on by repeating it', async () => {
    await start();
    proxy.loseNextOrderAnswer();
    const taken = await order();
    await until(
      'deferred',
      async () => (await call('GET', `/v1/device/orders/${taken.id}`, taken.token))['status'] === 'deferred',
    );
    await database.dataSource.query(`UPDATE issuance_orders SET next_attempt_at = now() WHERE id = $1`, [taken.id]);
    await untilIssued(taken);
    expect(proxy.tally(taken.name)).toEqual({ orders: 2, certificates: 1 });
  });
});
