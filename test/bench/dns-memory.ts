import { freePort } from '../support/free-port.js';
import { rounded, type Bench, type BenchTable } from './support/bench.js';
import { startBenchProcess, stopBenchProcess } from './support/dnsperf.js';

const SIZES = [10_000, 100_000, 1_000_000];

/** What a device with one address takes in the zone in memory, its name included. */
export const dnsMemory: Bench = {
  name: 'dns-memory',
  title: 'Memory of a device in the zone (one A record; heap after garbage collection)',
  async run(): Promise<BenchTable> {
    const rows: string[][] = [];
    for (const size of SIZES) {
      const { process, message } = await startBenchProcess('dns-answerer.ts', [String(await freePort()), String(size)]);
      await stopBenchProcess(process);
      rows.push([size.toLocaleString('en'), rounded((message as { octetsEach: number }).octetsEach)]);
    }
    return { columns: ['devices', 'octets a device'], rows };
  },
};
