import type { ChildProcess } from 'node:child_process';

import { freePort } from '../../support/free-port.js';
import { startBenchProcess, stopBenchProcess } from './dnsperf.js';
import { cpuMilliseconds } from './process-cpu.js';

/** A DNS server under load. */
export interface DnsTarget {
  readonly port: number;
  /** All its processes. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export function targetCpuMilliseconds({ pids }: DnsTarget): number {
  return pids.reduce((sum, pid) => sum + cpuMilliseconds(pid), 0);
}

/** Bare dgram loops on one port. */
export async function startBareLoops(names: number, processes: number): Promise<DnsTarget> {
  const port = await freePort();
  const children: ChildProcess[] = [];
  for (let index = 0; index < processes; index += 1) {
    const { process } = await startBenchProcess('bare-dgram.ts', [port, names, processes].map(String));
    children.push(process);
  }
  return {
    port,
    pids: children.map(({ pid }) => pid!),
    stop: async () => {
      await Promise.all(children.map(stopBenchProcess));
    },
  };
}

/** Our answering path, from the socket to the zone, without a database. */
export async function startAnswerer(names: number, processes: number): Promise<DnsTarget> {
  const port = await freePort();
  const { process, message } = await startBenchProcess('dns-answerer.ts', [port, names, processes].map(String));
  return {
    port,
    pids: [process.pid!, ...(message as { workers: number[] }).workers],
    stop: () => stopBenchProcess(process),
  };
}
