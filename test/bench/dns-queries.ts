import type { ChildProcess } from 'node:child_process';

import { freePort } from '../support/free-port.js';
import { findProgram } from '../support/peers.js';
import { median, rounded, type Bench, type BenchTable } from './support/bench.js';
import { BENCH_ZONE, deviceName } from './support/bench-zone.js';
import { dnsperf, startBenchProcess, stopBenchProcess } from './support/dnsperf.js';
import { cpuMilliseconds } from './support/process-cpu.js';

const NAMES = 1_000;
const ROUNDS = 5;
const SECONDS = 2;

interface Case {
  readonly name: string;
  readonly server: 'bare-dgram.ts' | 'dns-answerer.ts';
  readonly queries: readonly string[];
  readonly options?: readonly string[];
}

const existing = Array.from({ length: NAMES }, (_, index) => `${deviceName(index)} A`);
const someMissing = existing.map((query, index) => (index % 10 === 0 ? `missing${index}.${BENCH_ZONE} A` : query));

const CASES: readonly Case[] = [
  { name: 'bare dgram loop with a map of ready answers', server: 'bare-dgram.ts', queries: existing },
  { name: 'existing names', server: 'dns-answerer.ts', queries: existing },
  { name: 'existing names, 10 % NXDOMAIN', server: 'dns-answerer.ts', queries: someMissing },
  { name: 'existing names, EDNS', server: 'dns-answerer.ts', queries: existing, options: ['-e'] },
  { name: 'existing names, TCP pipelined', server: 'dns-answerer.ts', queries: existing, options: ['-m', 'tcp'] },
];

/** One process each, side by side: the rounds of the cases are taken in turns. */
export const dnsQueries: Bench = {
  name: 'dns-queries',
  title: `DNS answers a second (dnsperf -c 8 -q 100, one process, median of ${ROUNDS} rounds of ${SECONDS} s in turns)`,
  async run(): Promise<BenchTable> {
    if (!findProgram('dnsperf')) return { columns: ['case'], rows: [], note: 'Skipped: dnsperf is not installed.' };
    const results = new Map<Case, { perSecond: number[]; cpu: number[] }>();
    const servers = new Map<string, { process: ChildProcess; port: number }>();
    try {
      for (const server of new Set(CASES.map((one) => one.server))) {
        const port = await freePort();
        const { process } = await startBenchProcess(server, [String(port), String(NAMES)]);
        servers.set(server, { process, port });
      }
      for (let round = 0; round <= ROUNDS; round += 1) {
        for (const one of CASES) {
          const { process, port } = servers.get(one.server)!;
          const cpuBefore = cpuMilliseconds(process.pid!);
          const perSecond = await dnsperf(port, one.queries, SECONDS, one.options);
          const cpu = ((cpuMilliseconds(process.pid!) - cpuBefore) * 1000) / (perSecond * SECONDS);
          // The first round is for the compiler.
          if (round === 0) continue;
          const result = results.get(one) ?? { perSecond: [], cpu: [] };
          result.perSecond.push(perSecond);
          result.cpu.push(cpu);
          results.set(one, result);
        }
      }
    } finally {
      for (const { process } of servers.values()) await stopBenchProcess(process);
    }
    const bare = median(results.get(CASES[0]!)!.perSecond);
    return {
      columns: ['case', 'answers a second', 'of the bare loop', 'CPU µs an answer'],
      rows: CASES.map((one) => {
        const { perSecond, cpu } = results.get(one)!;
        return [one.name, rounded(median(perSecond)), (median(perSecond) / bare).toFixed(2), rounded(median(cpu))];
      }),
    };
  },
};
