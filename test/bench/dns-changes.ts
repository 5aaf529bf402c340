import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { findProgram } from '../support/peers.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import type { Asked } from './support/asker.js';
import { median, percentile, rounded, type Bench, type BenchTable } from './support/bench.js';
import { onDatabase, startBenchDatabase, type BenchDatabase } from './support/bench-database.js';
import { DeviceFleet, paced } from './support/device-fleet.js';
import { dnsperf, startBenchProcess, stopBenchProcess } from './support/dnsperf.js';
import { UdpAsker } from './support/udp-asker.js';

const DEVICES = 500;
const CONNECTIONS = 64;
const CHANGES_A_SECOND = 500;
/** 100,000 devices that each change their address 43 times a day. */
const CALM_CHANGES_A_SECOND = 50;
const SECONDS = 6;
const ROUNDS = 3;
const DELAY_ROUNDS = 9;
const ASK_MILLISECONDS = 2;
/** V8 compiles what is called often, on threads beside, for a minute or more from the start: later it has little left to do. */
const WARM_UP_SECONDS = 60;

async function withFleet<T>(
  body: (server: ServerProcess, fleet: DeviceFleet, database: BenchDatabase) => Promise<T>,
): Promise<T> {
  const database = await startBenchDatabase();
  try {
    const server = await startServer({ environment: { DATABASE_URL: database.url } });
    try {
      const fleet = await DeviceFleet.enroll(server, DEVICES, CONNECTIONS);
      await paced(CHANGES_A_SECOND, WARM_UP_SECONDS, (index) => change(fleet, index));
      return await body(server, fleet, database).finally(() => fleet.close());
    } finally {
      await server.stop();
    }
  } finally {
    await database.stop();
  }
}

async function change(fleet: DeviceFleet, index: number): Promise<void> {
  await fleet.put(fleet.devices[index % DEVICES]!, fleet.nextAddress());
}

/** What answers a PUT by one row in one statement, and serves no DNS: what is left is the machine's and the client's. */
async function withBareFleet<T>(database: BenchDatabase, body: (fleet: DeviceFleet) => Promise<T>): Promise<T> {
  const url = await database.create('bare');
  await onDatabase(url, async (client) => {
    await client.query('CREATE TABLE bare_devices (id text PRIMARY KEY, addresses text[], changed_at timestamptz)');
    await client.query(`INSERT INTO bare_devices SELECT 'device' || generate_series(0, $1::integer - 1)`, [DEVICES]);
  });
  const bare = await startBenchProcess('bare-update.ts', [url]);
  const devices = Array.from({ length: DEVICES }, (_, index) => ({ name: '', token: `device${index}` }));
  const fleet = new DeviceFleet(String(bare.message), devices, CONNECTIONS);
  try {
    await paced(CHANGES_A_SECOND, WARM_UP_SECONDS, (index) => change(fleet, index));
    return await body(fleet);
  } finally {
    fleet.close();
    await stopBenchProcess(bare.process);
  }
}

/** From the PUT of a new address to the first answer with it, asked when the PUT was answered. */
export const dnsChangeDelay: Bench = {
  name: 'dns-change-delay',
  title: `Address change to answer, ${CHANGES_A_SECOND} changes a second (median of ${DELAY_ROUNDS} rounds of ${SECONDS} s in turns; HTTP, PostgreSQL, DNS in the same server)`,
  run(): Promise<BenchTable> {
    return withFleet((server, fleet, database) =>
      withBareFleet(database, (bare) => changeDelay(server.dnsPort, fleet, bare)),
    );
  },
};

async function changeDelay(dnsPort: number, fleet: DeviceFleet, bare: DeviceFleet): Promise<BenchTable> {
  const asker = new UdpAsker(dnsPort);
  const rounds: Readonly<Record<'confirmed' | 'answered' | 'bare', readonly number[]>>[] = [];
  let stale = 0;
  for (let round = 0; round < DELAY_ROUNDS; round += 1) {
    const confirmed: number[] = [];
    const answered = await paced(CHANGES_A_SECOND, SECONDS, async (index) => {
      const device = fleet.devices[index % DEVICES]!;
      const address = fleet.nextAddress();
      const begin = performance.now();
      await fleet.put(device, address);
      confirmed.push(performance.now() - begin);
      if ((await asker.address(device.name)) !== address) stale += 1;
    });
    rounds.push({
      confirmed,
      answered,
      bare: await paced(CHANGES_A_SECOND, SECONDS, (index) => change(bare, index)),
    });
  }
  asker.close();
  const row = (name: string, part: 'confirmed' | 'answered' | 'bare'): string[] => {
    const p99s = rounds.map((round) => percentile(round[part], 0.99));
    return [
      name,
      ...[0.5, 0.99, 0.999].map((share) => rounded(median(rounds.map((round) => percentile(round[part], share))))),
      rounded(Math.min(...p99s)),
      rounded(Math.max(...p99s)),
    ];
  };
  const changes = rounds.reduce((sum, { answered }) => sum + answered.length, 0);
  return {
    columns: ['from the PUT on', 'p50 ms', 'p99 ms', 'p99.9 ms', 'p99 of the best round', 'of the worst'],
    rows: [
      row('until it is confirmed', 'confirmed'),
      row('until the answer is there', 'answered'),
      row('control: one row, one statement, no DNS', 'bare'),
    ],
    note: `${changes} changes, ${stale} answers that were not the confirmed address.`,
  };
}

interface Measured {
  readonly perSecond: number[];
  readonly p50: number[];
  readonly p99: number[];
}

/**
 * The same server, asked with and without changes, in turns. In between the changes run at another server with a
 * database of its own, or as one statement each at what serves no DNS: what is slower then is the machine, which both
 * share.
 */
export const dnsQueriesDuringChanges: Bench = {
  name: 'dns-queries-during-changes',
  title: `Queries while ${CALM_CHANGES_A_SECOND} and ${CHANGES_A_SECOND} changes a second run (median of ${ROUNDS} rounds of ${SECONDS} s in turns)`,
  async run(): Promise<BenchTable> {
    if (!findProgram('dnsperf')) return { columns: ['case'], rows: [], note: 'Skipped: dnsperf is not installed.' };
    return withFleet((_, other, database) =>
      withBareFleet(database, (bare) => withFleet((server, fleet) => queriesDuringChanges(server, fleet, other, bare))),
    );
  },
};

async function queriesDuringChanges(
  server: ServerProcess,
  fleet: DeviceFleet,
  other: DeviceFleet,
  bare: DeviceFleet,
): Promise<BenchTable> {
  const queries = fleet.devices.map(({ name }) => `${name} A`);
  const asking = await startBenchProcess('asker.ts', [
    String(server.dnsPort),
    fleet.devices[0]!.name,
    String(ASK_MILLISECONDS),
  ]);
  let asked = 0;
  let lost = 0;
  const take = async (): Promise<readonly number[]> => {
    const answer = once(asking.process, 'message') as Promise<[Asked]>;
    asking.process.send('take');
    const [{ times, lost: unanswered }] = await answer;
    asked += times.length + unanswered;
    lost += unanswered;
    return times;
  };
  const changesAt = (changed: DeviceFleet, perSecond: number): Promise<unknown> =>
    paced(perSecond, SECONDS, (index) => change(changed, index));
  const cases = [
    { name: 'no changes', changes: () => sleep(SECONDS * 1000) },
    ...[CALM_CHANGES_A_SECOND, CHANGES_A_SECOND].flatMap((perSecond) => [
      {
        name: `${perSecond} a second, one row and one statement each, no DNS`,
        changes: () => changesAt(bare, perSecond),
      },
      { name: `${perSecond} a second at another server`, changes: () => changesAt(other, perSecond) },
      { name: `${perSecond} a second at this server`, changes: () => changesAt(fleet, perSecond) },
    ]),
  ].map((one) => ({ ...one, measured: { perSecond: [], p50: [], p99: [] } as Measured }));
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { changes, measured } of cases) {
        await take();
        await changes();
        const times = await take();
        measured.p50.push(percentile(times, 0.5));
        measured.p99.push(percentile(times, 0.99));
        const [most] = await Promise.all([dnsperf(server.dnsPort, queries, SECONDS), changes()]);
        measured.perSecond.push(most);
      }
    }
  } finally {
    await stopBenchProcess(asking.process);
  }
  const at = `of a question every ${ASK_MILLISECONDS} ms`;
  return {
    columns: ['case', `p50 ms ${at}`, `p99 ms ${at}`, 'most answers a second (dnsperf)'],
    rows: cases.map(({ name, measured: { p50, p99, perSecond } }) => [
      name,
      rounded(median(p50)),
      rounded(median(p99)),
      rounded(median(perSecond)),
    ]),
    note: `${lost} of ${asked} answers to the steady questions were lost, dnsperf's times included.`,
  };
}
