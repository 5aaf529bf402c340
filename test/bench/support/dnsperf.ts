import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { program } from '../../support/peers.js';

const HOOK = fileURLToPath(new URL('../../../scripts/ts-hook.mjs', import.meta.url));

/** Starts a program of this folder and waits for its first message. */
export async function startBenchProcess(
  file: string,
  args: readonly string[],
): Promise<{ process: ChildProcess; message: unknown }> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ['--expose-gc', '--import', HOOK],
  });
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${file} ended before it was ready`))),
  ])) as [unknown];
  return { process: child, message };
}

export async function stopBenchProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Asks with dnsperf for so many seconds. @returns answers a second. */
export async function dnsperf(
  port: number,
  queries: readonly string[],
  seconds: number,
  options: readonly string[] = [],
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'fleetcert-dnsperf-'));
  try {
    const file = join(directory, 'queries');
    await writeFile(file, `${queries.join('\n')}\n`);
    const load = `-s 127.0.0.1 -p ${port} -l ${seconds} -c 64 -q 200`.split(' ');
    const { stdout } = await promisify(execFile)(program('dnsperf'), [...load, '-d', file, ...options]);
    const rate = /Queries per second:\s+([\d.]+)/.exec(stdout)?.[1];
    if (rate === undefined) throw new Error(`dnsperf said: ${stdout}`);
    return Number(rate);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
