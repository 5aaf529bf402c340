import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';
import { probePrograms } from '../../src/platform/database/embedded/postgres-programs.js';
import { findProgram } from '../support/peers.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { median, percentile, rounded, type Bench, type BenchTable } from './support/bench.js';
import { cpuMilliseconds } from './support/process-cpu.js';

const DEVICES = 200;
const IN_FLIGHT = 32;
const ROUNDS = 3;
const SECONDS = 4;
const SILENT = { log: (): void => {}, warn: (): void => {}, debug: (): void => {} };

interface Round {
  readonly perSecond: number;
  readonly cpuMillisecondsEach: number;
  readonly p99Milliseconds: number;
}

type Case = 'changed' | 'unchanged';

/** Address updates over HTTP, on each database with its durable defaults; changed and unchanged ones in turns. */
export const addressUpdates: Bench = {
  name: 'address-updates',
  title: `Address updates a second (${DEVICES} devices, ${IN_FLIGHT} requests in flight, median of ${ROUNDS} rounds of ${SECONDS} s)`,
  async run(): Promise<BenchTable> {
    const rows: string[][] = [];
    for (const kind of ['embedded', 'installed'] as const) {
      if (kind === 'installed' && !findProgram('postgres')) continue;
      for (const [name, rounds] of await measure(kind)) {
        rows.push([
          `${name}, ${kind === 'embedded' ? 'embedded PostgreSQL 18' : "Debian's PostgreSQL 15"}`,
          rounded(median(rounds.map((round) => round.perSecond))),
          rounded(median(rounds.map((round) => round.cpuMillisecondsEach))),
          rounded(median(rounds.map((round) => round.p99Milliseconds))),
        ]);
      }
    }
    return { columns: ['update', 'a second', 'CPU ms each (server)', 'p99 ms'], rows };
  },
};

async function measure(kind: 'embedded' | 'installed'): Promise<Map<Case, Round[]>> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'fleetcert-bench-'));
  await chmod(dataDirectory, 0o711);
  const programs =
    kind === 'installed' ? await probePrograms(dirname(realpathSync(findProgram('postgres')!)), undefined) : undefined;
  const database = await EmbeddedPostgres.start({ dataDirectory, logger: SILENT, ...(programs && { programs }) });
  const server = await startServer({ environment: { DATABASE_URL: database.url } });
  const rounds = new Map<Case, Round[]>([
    ['changed', []],
    ['unchanged', []],
  ]);
  try {
    const tokens = await enroll(server);
    await drive(server, tokens, 'changed', 1);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, results] of rounds) results.push(await drive(server, tokens, name, SECONDS));
    }
  } finally {
    await server.stop();
    await database.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
  return rounds;
}

async function enroll(server: ServerProcess): Promise<string[]> {
  const key = await server.enrollmentKey();
  const tokens: string[] = [];
  for (let index = 0; index < DEVICES; index++) {
    const { body } = await server.api('POST', '/v1/enroll', { enrollmentKey: key, addresses: ['10.0.0.1'] });
    tokens.push(body['token'] as string);
  }
  return tokens;
}

let generation = 0;

async function drive(server: ServerProcess, tokens: readonly string[], name: Case, seconds: number): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  if (name === 'unchanged') {
    for (const token of tokens) await put(server.url, agent, token, '10.0.0.1');
  }
  const latencies: number[] = [];
  const cpuBefore = cpuMilliseconds(server.pid);
  const start = performance.now();
  const end = start + seconds * 1000;
  let next = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (performance.now() < end) {
        const index = next++ % tokens.length;
        generation += 1;
        const address =
          name === 'changed'
            ? `10.${(generation >> 16) & 255}.${(generation >> 8) & 255}.${generation & 255}`
            : '10.0.0.1';
        const sent = performance.now();
        await put(server.url, agent, tokens[index]!, address);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  const elapsedSeconds = (performance.now() - start) / 1000;
  const cpu = cpuMilliseconds(server.pid) - cpuBefore;
  agent.destroy();
  return {
    perSecond: latencies.length / elapsedSeconds,
    cpuMillisecondsEach: cpu / latencies.length,
    p99Milliseconds: percentile(latencies, 0.99),
  };
}

function put(url: string, agent: Agent, token: string, address: string): Promise<void> {
  const body = JSON.stringify({ addresses: [address] });
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}/v1/device/addresses`,
      {
        agent,
        method: 'PUT',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': body.length,
        },
      },
      (incoming) => {
        incoming.resume();
        incoming.on('end', () =>
          incoming.statusCode === 200 ? resolve() : reject(new Error(`PUT answered ${incoming.statusCode}`)),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
