import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';
import { aCsr, toPem } from '../support/csr-builder.js';
import { freePort } from '../support/free-port.js';
import { startPebble } from '../support/pebble.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { median, rounded, type Bench, type BenchTable } from './support/bench.js';
import { cpuMilliseconds } from './support/process-cpu.js';

const ROUNDS = 3;
const LOADS = [
  { inFlight: 1, certificates: 40 },
  { inFlight: 10, certificates: 120 },
  { inFlight: 50, certificates: 200 },
] as const;
const ZONE = 'd.example.com';
const SILENT = { log: (): void => {}, warn: (): void => {}, debug: (): void => {} };

type Load = (typeof LOADS)[number];

interface Round {
  readonly perSecond: number;
  readonly cpuMillisecondsEach: number;
}

/**
 * The whole way of an order, from the device's POST to the stored certificate: intake, claim with a lease, TXT published
 * through the zone's journal and confirmed over real sockets, Pebble's look-up, finalize, checks, store.
 */
export const issuancePipeline: Bench = {
  name: 'issuance-pipeline',
  title: `Issuances a second by the whole server against Pebble (no sleep, real look-ups, PostgreSQL 18 with fsync, median of ${ROUNDS} rounds)`,
  async run(): Promise<BenchTable> {
    const rounds = new Map<Load, Round[]>(LOADS.map((load) => [load, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [load, results] of rounds) results.push(await measure(load));
    }
    return {
      columns: ['orders in flight', 'certificates a second', 'CPU ms a certificate (server)'],
      rows: [...rounds].map(([load, results]) => [
        String(load.inFlight),
        rounded(median(results.map((round) => round.perSecond))),
        rounded(median(results.map((round) => round.cpuMillisecondsEach))),
      ]),
    };
  },
};

async function measure(load: Load): Promise<Round> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'fleetcert-bench-'));
  await chmod(dataDirectory, 0o711);
  const database = await EmbeddedPostgres.start({ dataDirectory, logger: SILENT });
  const dnsPort = await freePort();
  const pebble = await startPebble({ dnsServer: `127.0.0.1:${dnsPort}`, nonceRejectPercent: 0 });
  const server = await startServer({
    dnsPort,
    environment: {
      DATABASE_URL: database.url,
      FLEETCERT_SECRET_KEY: randomBytes(32).toString('base64'),
      FLEETCERT_ZONES: ZONE,
      FLEETCERT_NAMESERVERS: `ns1.${ZONE}=192.0.2.53`,
      FLEETCERT_ACME_DIRECTORY: pebble.directoryUrl,
      FLEETCERT_ACME_CA_FILE: pebble.caFile,
      FLEETCERT_ORDERS_IN_FLIGHT: String(load.inFlight),
    },
  });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return await drive(server, client, load.certificates);
  } finally {
    await client.end();
    await server.stop();
    await pebble.stop();
    await database.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

async function drive(server: ServerProcess, client: Client, certificates: number): Promise<Round> {
  const key = await server.enrollmentKey();
  const orders: { token: string; csr: string }[] = [];
  for (let index = 0; index < certificates; index++) {
    const { body } = await server.api('POST', '/v1/enroll', { enrollmentKey: key });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const csr = toPem(aCsr({ key: privateKey, altNames: { dns: [body['name'] as string] } }));
    orders.push({ token: body['token'] as string, csr });
  }
  const cpuBefore = cpuMilliseconds(server.pid);
  const start = performance.now();
  await Promise.all(
    orders.map(async ({ token, csr }) => {
      const { status } = await server.api('POST', '/v1/device/orders', { csr }, token);
      if (status !== 202) throw new Error(`POST /v1/device/orders answered ${status}`);
    }),
  );
  for (;;) {
    const { rows } = await client.query<{ issued: number; failed: number }>(
      `SELECT count(*) FILTER (WHERE status = 'issued')::int AS issued,
              count(*) FILTER (WHERE status IN ('failed', 'deferred'))::int AS failed FROM issuance_orders`,
    );
    if (rows[0]!.failed > 0) throw new Error(`${rows[0]!.failed} orders did not go through`);
    if (rows[0]!.issued === certificates) break;
    await sleep(20);
  }
  const elapsedSeconds = (performance.now() - start) / 1000;
  return {
    perSecond: certificates / elapsedSeconds,
    cpuMillisecondsEach: (cpuMilliseconds(server.pid) - cpuBefore) / certificates,
  };
}
