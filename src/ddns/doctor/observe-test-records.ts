import { setTimeout as sleep } from 'node:timers/promises';

import { TYPE } from '../domain/rr-type.js';
import { hasRecord, type TestRecordAnswers } from './domain/test-record-check.js';
import type { DnsProbe } from './dns-probe.js';
import type { NameServerAddress } from './name-server-addresses.js';
import type { MadeRecords } from './test-records.js';

const PAUSE_MILLISECONDS = 500;

/** Asks one address for the test records until it has them, or for so long. */
export async function observeTestRecords(
  probe: DnsProbe,
  { subject, at }: NameServerAddress,
  { small, large }: MadeRecords,
  waitMilliseconds: number,
): Promise<TestRecordAnswers> {
  const started = performance.now();
  const ask = (name: string, transport: 'udp' | 'tcp' | 'udp-then-tcp') =>
    probe.ask(at, { name, type: TYPE.TXT, transport });
  let seen = await ask(small.name, 'udp-then-tcp');
  while (!hasRecord(seen, small) && performance.now() - started < waitMilliseconds) {
    await sleep(PAUSE_MILLISECONDS);
    seen = await ask(small.name, 'udp-then-tcp');
  }
  const waitedSeconds = Math.round((performance.now() - started) / 1000);
  const [largeUdp, largeTcp] = await Promise.all([ask(large.name, 'udp'), ask(large.name, 'tcp')]);
  return { subject, small: seen, largeUdp, largeTcp, waitedSeconds };
}
