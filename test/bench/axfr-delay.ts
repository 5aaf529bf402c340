import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { promisify } from 'node:util';

import { mustWireName } from '../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../src/ddns/domain/rr-type.js';
import { encodeMessage } from '../../src/ddns/wire/rr-encoder.js';
import { freePort } from '../support/free-port.js';
import { findProgram, program } from '../support/peers.js';
import { percentile, rounded, type Bench, type BenchTable } from './support/bench.js';
import { BENCH_ZONE, deviceName } from './support/bench-zone.js';
import { startBenchProcess, stopBenchProcess } from './support/dnsperf.js';

const NAMES = 100_000;
const TRANSFERS = 10;
const IDLE_MILLISECONDS = 3_000;
const PAUSE_MILLISECONDS = 2;

/** How long queries take while the zone is transferred again and again, beside how long they take otherwise. */
export const axfrDelay: Bench = {
  name: 'axfr-delay',
  title: `Answer times over UDP during AXFR of ${NAMES} names (kdig, ${TRANSFERS} transfers one after the other)`,
  async run(): Promise<BenchTable> {
    if (!findProgram('kdig')) return { columns: ['case'], rows: [], note: 'Skipped: kdig is not installed.' };
    const port = await freePort();
    const { process: server } = await startBenchProcess('transfer-answerer.ts', [String(port), String(NAMES)]);
    try {
      // Once for the compiler.
      await transfer(port);
      const idle = await answerTimes(port, () => new Promise((resolve) => setTimeout(resolve, IDLE_MILLISECONDS)));
      const begin = performance.now();
      const busy = await answerTimes(port, async () => {
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
      await stopBenchProcess(server);
    }
  },
};

async function transfer(port: number): Promise<void> {
  const args = ['@127.0.0.1', '-p', String(port), '+noall', BENCH_ZONE, 'AXFR'];
  await promisify(execFile)(program('kdig'), args, { maxBuffer: 64 * 1024 * 1024 });
}

/** Asks every few milliseconds while `body` runs. @returns milliseconds from question to answer. */
async function answerTimes(port: number, body: () => Promise<void>): Promise<readonly number[]> {
  const socket = createSocket('udp4');
  const question = { name: mustWireName(deviceName(1)), type: TYPE.A, class: CLASS_IN };
  const query = encodeMessage({ id: 0, flags: 0, questions: [question] });
  const sent = new Map<number, number>();
  const times: number[] = [];
  let id = 0;
  socket.on('message', (answer) => {
    const begin = sent.get(answer.readUInt16BE(0));
    if (begin !== undefined) times.push(performance.now() - begin);
    sent.delete(answer.readUInt16BE(0));
  });
  const timer = setInterval(() => {
    id = (id + 1) & 0xffff;
    query.writeUInt16BE(id, 0);
    sent.set(id, performance.now());
    socket.send(Buffer.from(query), port, '127.0.0.1');
  }, PAUSE_MILLISECONDS);
  try {
    await body();
  } finally {
    clearInterval(timer);
    socket.close();
  }
  return times;
}
