import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';

import { findProgram, program } from '../support/peers.js';
import { startServer } from '../support/server-process.js';
import { median, rounded, type Bench, type BenchTable } from './support/bench.js';
import { startBenchDatabase } from './support/bench-database.js';
import { addressText, BENCH_ZONE, deviceName } from './support/bench-zone.js';
import { DeviceFleet, sustained } from './support/device-fleet.js';
import { startKnot } from './support/knot-server.js';
import { fillPowerDns, POWERDNS_API_KEY, startPowerDns, type PowerDns } from './support/powerdns-server.js';
import { withTargets } from './support/query-cases.js';

const DEVICES = 200;
const LANES = 32;
const SECONDS = 4;
const ROUNDS = 3;
/** nsupdate programs at once, each with so many changes on one connection to nobody: every change is sent by itself. */
const NSUPDATES = 8;
const CHANGES_AN_NSUPDATE = 200;

interface Case {
  readonly name: string;
  /** @returns changes a second, in one round. */
  run(): Promise<number>;
}

/** Every change is durable when it is confirmed, with each one's defaults. */
export const dnsChangeRate: Bench = {
  name: 'dns-change-rate',
  title: `Address changes a second, ${LANES} under way (median of ${ROUNDS} rounds of ${SECONDS} s in turns)`,
  async run(): Promise<BenchTable> {
    const database = await startBenchDatabase();
    const server = await startServer({ environment: { DATABASE_URL: database.url } });
    try {
      return await withTargets(async (add) => {
        const fleet = await DeviceFleet.enroll(server, DEVICES, LANES);
        const put = (index: number): Promise<void> => fleet.put(fleet.devices[index % DEVICES]!, fleet.nextAddress());
        await sustained(LANES, 1, put);
        const cases: Case[] = [{ name: 'fleetcert, PUT of an address', run: () => sustained(LANES, SECONDS, put) }];
        const missing = ['pdns_server', 'nsupdate', 'knotd'].filter((peer) => !findProgram(peer));
        if (!missing.includes('pdns_server')) {
          const url = await database.create('powerdns');
          await fillPowerDns(url, DEVICES);
          const powerDns = await add(startPowerDns(url, 'default'));
          const agent = new Agent({ keepAlive: true, maxSockets: LANES });
          const run = (): Promise<number> => sustained(LANES, SECONDS, (index) => patch(powerDns, agent, index));
          cases.push({ name: 'PowerDNS, PATCH in its HTTP API, the same PostgreSQL', run });
        }
        if (!missing.includes('nsupdate') && !missing.includes('knotd')) {
          const { port } = await add(startKnot(DEVICES, 1));
          const name = `Knot, ${NSUPDATES} nsupdate programs of ${CHANGES_AN_NSUPDATE} changes`;
          cases.push({ name, run: () => nsupdates(port) });
        }
        const results = cases.map(() => [] as number[]);
        for (let round = 0; round < ROUNDS; round += 1) {
          for (const [index, one] of cases.entries()) results[index]!.push(await one.run());
        }
        fleet.close();
        const ours = median(results[0]!);
        const notes = [
          ...(missing.length > 0 ? [`Not installed: ${missing.join(', ')}.`] : []),
          ...[...complaints].map(([complaint, count]) => `nsupdate said ${count} times: ${complaint}`),
        ];
        return {
          columns: ['case', 'changes a second', 'of ours'],
          rows: cases.map(({ name }, index) => [
            name,
            rounded(median(results[index]!)),
            (median(results[index]!) / ours).toFixed(2),
          ]),
          ...(notes.length > 0 && { note: notes.join('\n') }),
        };
      });
    } finally {
      await server.stop();
      await database.stop();
    }
  },
};

let generation = 0;

function patch({ zoneUrl }: PowerDns, agent: Agent, index: number): Promise<void> {
  generation += 1;
  const rrset = {
    name: `${deviceName(index % DEVICES)}.`,
    type: 'A',
    ttl: 60,
    changetype: 'REPLACE',
    records: [{ content: addressText(generation), disabled: false }],
  };
  const body = JSON.stringify({ rrsets: [rrset] });
  const headers = { 'x-api-key': POWERDNS_API_KEY, 'content-type': 'application/json', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const outgoing = request(zoneUrl, { agent, method: 'PATCH', headers }, (answer) => {
      answer.resume();
      answer.on('end', () =>
        answer.statusCode === 204 ? resolve() : reject(new Error(`PowerDNS answered ${answer.statusCode}`)),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What nsupdate printed about changes that failed, and how often. */
const complaints = new Map<string, number>();

/** Changes that nsupdate reports as failed are not counted. */
async function nsupdates(port: number): Promise<number> {
  let refused = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: NSUPDATES }, async (_lane, lane) => {
      const lines = [`server 127.0.0.1 ${port}`, `zone ${BENCH_ZONE}`];
      for (let index = 0; index < CHANGES_AN_NSUPDATE; index += 1) {
        generation += 1;
        const name = deviceName((lane * CHANGES_AN_NSUPDATE + index) % DEVICES);
        lines.push(`update delete ${name} A`, `update add ${name} 60 A ${addressText(generation)}`, 'send');
      }
      const child = spawn(program('nsupdate'), ['-t', '30'], { stdio: ['pipe', 'ignore', 'pipe'] });
      let printed = '';
      child.stderr.on('data', (octets: Buffer) => (printed += octets.toString()));
      child.stdin.end(`${lines.join('\n')}\n`);
      await once(child, 'close');
      for (const line of printed.split('\n').filter((each) => each.includes('failed'))) {
        refused += 1;
        complaints.set(line, (complaints.get(line) ?? 0) + 1);
      }
    }),
  );
  return (NSUPDATES * CHANGES_AN_NSUPDATE - refused) / ((performance.now() - begin) / 1000);
}
