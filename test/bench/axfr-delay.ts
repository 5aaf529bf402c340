import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../support/free-port.js';
import { findProgram, program } from '../support/peers.js';
import type { Asked } from './support/asker.js';
import { percentile, rounded, type Bench, type BenchTable } from './support/bench.js';
import { BENCH_ZONE } from './support/bench-zone.js';
import { startBenchProcess, stopBenchProcess } from './support/dnsperf.js';

const NAMES = 100_000;
const TRANSFERS = 10;
const IDLE_MILLISECONDS = 3_000;

/** How long queries take while the zone is transferred again and again, beside how long they take otherwise. */
export const axfrDelay: Bench = {
  name: 'axfr-delay',
  title: `Answer times over UDP during AXFR of ${NAMES} names (kdig, ${TRANSFERS} transfers one after the other)`,
  async run(): Promise<BenchTable> {
    if (!findProgram('kdig')) return { columns: ['case'], rows: [], note: 'Skipped: kdig is not installed.' };
    const port = await freePort();
    const { process: server } = await startBenchProcess('transfer-answerer.ts', [String(port), String(NAMES)]);
    const { process: asker } = await startBenchProcess('asker.ts', [String(port)]);
    try {
      // Once for the compiler.
      await transfer(port);
      const idle = await answerTimes(asker, () => sleep(IDLE_MILLISECONDS));
      const begin = performance.now();
      const busy = await answerTimes(asker, async () => {
        for (let count = 0; count < TRANSFERS; count += 1) await transfer(port);
      });
      const each = (performance.now() - begin) / TRANSFERS;
      const row = (name: string, times: readonly number[]): string[] => [
        name,
        ...[0.5, 0.99, 0.999].map((share) => rounded(percentile(times, share))),
      ];
      return {
        columns: ['case', 'p50 ms', 'p99 ms', 'p99.9 ms'],
        rows: [row('no transfer', idle), row('during transfers', busy)],
        note: `A transfer takes ${rounded(each)} ms, kdig's own work on the same machine included.`,
      };
    } finally {
      await stopBenchProcess(asker);
      await stopBenchProcess(server);
    }
  },
};

/** kdig prints every record whatever it is told: into nothing. */
async function transfer(port: number): Promise<void> {
  const args = ['@127.0.0.1', '-p', String(port), BENCH_ZONE, 'AXFR'];
  const [code] = (await once(spawn(program('kdig'), args, { stdio: 'ignore' }), 'exit')) as [number | null];
  if (code !== 0) throw new Error(`kdig ended with ${code}`);
}

/** @returns milliseconds from question to answer of what the asker asked while `body` ran. */
async function answerTimes(asker: ChildProcess, body: () => Promise<unknown>): Promise<readonly number[]> {
  await take(asker);
  await body();
  return take(asker);
}

async function take(asker: ChildProcess): Promise<readonly number[]> {
  const answer = once(asker, 'message') as Promise<[Asked]>;
  asker.send('take');
  return (await answer)[0].times;
}
