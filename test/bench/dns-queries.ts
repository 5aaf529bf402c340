import { findProgram } from '../support/peers.js';
import type { Bench, BenchTable } from './support/bench.js';
import { startBenchDatabase } from './support/bench-database.js';
import { startAnswerer, startBareLoops } from './support/dns-target.js';
import { startKnot } from './support/knot-server.js';
import { fillPowerDns, startPowerDns } from './support/powerdns-server.js';
import {
  compareQueries,
  existing,
  NAMES,
  ROUNDS,
  SECONDS,
  someMissing,
  withTargets,
  type QueryCase,
} from './support/query-cases.js';

const HOW = `dnsperf -c 64 -q 200, median of ${ROUNDS} rounds of ${SECONDS} s in turns`;

/** One process each, and the peers that are installed. */
export const dnsQueries: Bench = {
  name: 'dns-queries',
  title: `DNS answers a second over UDP, one process or worker (${HOW})`,
  async run(): Promise<BenchTable> {
    if (!findProgram('dnsperf')) return { columns: ['case'], rows: [], note: 'Skipped: dnsperf is not installed.' };
    const missing = ['knotd', 'pdns_server'].filter((peer) => !findProgram(peer));
    const database = missing.includes('pdns_server') ? undefined : await startBenchDatabase();
    try {
      return await withTargets(async (add) => {
        const bare = await add(startBareLoops(NAMES, 1));
        const ours = await add(startAnswerer(NAMES, 1));
        const cases: QueryCase[] = [
          { name: 'bare dgram loop with a map of ready answers', target: bare, queries: existing },
          { name: 'existing names', target: ours, queries: existing },
          { name: 'existing names, 10 % NXDOMAIN', target: ours, queries: someMissing },
          { name: 'existing names, EDNS', target: ours, queries: existing, options: ['-e'] },
        ];
        if (!missing.includes('knotd')) {
          cases.push({ name: 'Knot, one UDP worker', target: await add(startKnot(NAMES, 1)), queries: existing });
        }
        if (database) {
          await fillPowerDns(database.url, NAMES);
          for (const [caches, what] of [
            ['default', 'caches on'],
            ['no answers', 'packet and query caches off'],
            ['none', 'all caches off, that of zones too'],
          ] as const) {
            const target = await add(startPowerDns(database.url, caches));
            const name = `PowerDNS on PostgreSQL, one receiver, ${what}`;
            cases.push({ name, target, queries: existing });
          }
        }
        const table = await compareQueries(cases, 'of the bare loop');
        return missing.length > 0 ? { ...table, note: `Not installed: ${missing.join(', ')}.` } : table;
      });
    } finally {
      await database?.stop();
    }
  },
};

/** Two processes each, on one port. */
export const dnsTwoProcesses: Bench = {
  name: 'dns-two-processes',
  title: `DNS answers a second over UDP, two processes (FLEETCERT_DNS_WORKERS=2; ${HOW})`,
  async run(): Promise<BenchTable> {
    if (!findProgram('dnsperf')) return { columns: ['case'], rows: [], note: 'Skipped: dnsperf is not installed.' };
    return withTargets(async (add) => {
      const cases: QueryCase[] = [
        { name: 'two bare dgram loops', target: await add(startBareLoops(NAMES, 2)), queries: existing },
      ];
      const ours = await add(startAnswerer(NAMES, 2));
      cases.push({ name: 'existing names', target: ours, queries: existing });
      cases.push({ name: 'existing names, 10 % NXDOMAIN', target: ours, queries: someMissing });
      if (findProgram('knotd')) {
        cases.push({ name: 'Knot, two UDP workers', target: await add(startKnot(NAMES, 2)), queries: existing });
      }
      return compareQueries(cases, 'of the bare loops');
    });
  },
};

/** Many queries on each connection, answered as they come. */
export const dnsTcp: Bench = {
  name: 'dns-tcp',
  title: `DNS answers a second over TCP, pipelined (dnsperf -m tcp -c 64 -q 200, median of ${ROUNDS} rounds of ${SECONDS} s)`,
  async run(): Promise<BenchTable> {
    if (!findProgram('dnsperf')) return { columns: ['case'], rows: [], note: 'Skipped: dnsperf is not installed.' };
    return withTargets(async (add) => {
      const options = ['-m', 'tcp'];
      const cases: QueryCase[] = [
        { name: 'existing names', target: await add(startAnswerer(NAMES, 1)), queries: existing, options },
      ];
      if (findProgram('knotd')) {
        const target = await add(startKnot(NAMES, 1));
        cases.push({ name: 'Knot, one TCP worker', target, queries: existing, options });
      }
      return compareQueries(cases, 'of ours');
    });
  },
};
