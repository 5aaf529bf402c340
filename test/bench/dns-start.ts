import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { startServer } from '../support/server-process.js';
import { median, rounded, type Bench, type BenchTable } from './support/bench.js';
import { fillDevices, startBenchDatabase } from './support/bench-database.js';
import { deviceName } from './support/bench-zone.js';
import { waitForAnswer } from './support/run-program.js';

const READY_SECONDS = 120;

interface Started {
  readonly seconds: number;
  /** Until `/health/ready` says so: the API, too. */
  readonly readySeconds: number;
  /** Resident memory of the server once it answers, in octets. */
  readonly memory: number;
}

/** The shipped server on a PostgreSQL that holds so many devices, from its start to its first right answer. */
function startBench(name: string, devices: number, starts: number): Bench {
  return {
    name,
    title: `From process start to the first right answer, ${devices.toLocaleString('en')} devices on PostgreSQL`,
    async run(): Promise<BenchTable> {
      const database = await startBenchDatabase();
      try {
        const environment = { DATABASE_URL: database.url };
        const first = await startServer({ environment });
        await first.stop();
        const empty = await measure(environment, `ns1.fleet.test`);
        const begin = performance.now();
        await fillDevices(database.url, devices);
        const fillSeconds = (performance.now() - begin) / 1000;
        const results: Started[] = [];
        for (let start = 0; start < starts; start += 1) {
          results.push(await measure(environment, deviceName(devices - 1)));
        }
        const memory = median(results.map((result) => result.memory));
        return {
          columns: [
            'devices',
            'seconds',
            'until all is ready, s',
            'resident MB',
            'more octets a device than with none',
          ],
          rows: [
            ['0', empty.seconds.toFixed(2), empty.readySeconds.toFixed(2), rounded(empty.memory / 1e6), ''],
            [
              devices.toLocaleString('en'),
              median(results.map(({ seconds }) => seconds)).toFixed(2),
              median(results.map(({ readySeconds }) => readySeconds)).toFixed(2),
              rounded(memory / 1e6),
              rounded((memory - empty.memory) / devices),
            ],
          ],
          note: `Median of ${starts} starts. The rows were put into the database in ${rounded(fillSeconds)} s. Resident memory holds what the collector has not returned yet; \`dns-memory\` has the zone's own.`,
        };
      } finally {
        await database.stop();
      }
    },
  };
}

export const dnsStart = startBench('dns-start', 100_000, 3);
export const dnsStartMillion = startBench('dns-start-million', 1_000_000, 1);

async function measure(environment: Readonly<Record<string, string>>, name: string): Promise<Started> {
  const begin = performance.now();
  const server = await startServer({ environment, waitUntilReady: false });
  let hasEnded: number | null = null;
  void server.exited.then((code) => (hasEnded = code ?? 1));
  try {
    await waitForAnswer(
      server.dnsPort,
      name,
      {
        get exitCode() {
          return hasEnded;
        },
        get printed() {
          return server.output().slice(-4000);
        },
      },
      5,
    );
    const seconds = (performance.now() - begin) / 1000;
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
    // Also the end of a server that is asked to stop while it starts comes only after that.
    while (!(await isReady(server.url)) && performance.now() - begin < READY_SECONDS * 1000) await sleep(50);
    const readySeconds = (performance.now() - begin) / 1000;
    return { seconds, readySeconds, memory: Number(resident) * 1024 };
  } finally {
    await server.end();
    await rm(server.dataDirectory, { recursive: true, force: true });
  }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}
