import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../../support/free-port.js';
import { addressText, BENCH_ZONE, deviceName } from './bench-zone.js';
import type { DnsTarget } from './dns-target.js';
import { endProgram, runProgram, waitForAnswer } from './run-program.js';

/** Knot with so many workers, the same zone from a file, and updates allowed from loopback. */
export async function startKnot(names: number, workers: number): Promise<DnsTarget> {
  const directory = await mkdtemp(join(tmpdir(), 'fleetcert-knot-'));
  const port = await freePort();
  const records = Array.from({ length: names }, (_, index) => `${deviceName(index)}. 60 A ${addressText(index)}`);
  await writeFile(
    join(directory, `${BENCH_ZONE}.zone`),
    [
      `${BENCH_ZONE}. 3600 SOA ns1.${BENCH_ZONE}. hostmaster.${BENCH_ZONE}. 1 900 300 1209600 60`,
      `${BENCH_ZONE}. 3600 NS ns1.${BENCH_ZONE}.`,
      `ns1.${BENCH_ZONE}. 3600 A 127.0.0.1`,
      ...records,
      '',
    ].join('\n'),
  );
  const configuration = join(directory, 'knot.conf');
  await writeFile(
    configuration,
    `server:
    rundir: ${directory}
    listen: 127.0.0.1@${port}
    udp-workers: ${workers}
    tcp-workers: ${workers}
    background-workers: 1
database:
    storage: ${directory}
acl:
  - id: updates
    address: 127.0.0.1
    action: update
template:
  - id: default
    storage: ${directory}
zone:
  - domain: ${BENCH_ZONE}
    file: ${BENCH_ZONE}.zone
    acl: updates
    zonefile-sync: -1
    journal-content: changes
`,
  );
  const child = runProgram('knotd', ['-c', configuration]);
  const stop = async (): Promise<void> => {
    await endProgram(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await waitForAnswer(port, deviceName(names - 1), child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pids: [child.pid!], stop };
}
