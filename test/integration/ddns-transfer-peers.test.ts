import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SecondaryGate } from '../../src/ddns/notify/secondary-gate.js';
import { ChallengeRecords } from '../../src/ddns/publishing/challenge-records.js';
import { Secondaries } from '../../src/ddns/transfer/secondaries.js';
import { TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { withDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { describeWithPeers } from '../support/peers.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';
import { recordsOf, run } from './ddns-transfer-run.js';
import { ENGINES, type RunningSecondary, SECONDARY_PROGRAMS, startSecondary } from './ddns-transfer-secondaries.js';

const CHANGES = 10_000;
const AT_ONCE = 100;
const DEVICES = 2000;

describeWithPeers([...SECONDARY_PROGRAMS, 'kdig'], 'secondaries', () => {
  const database = withDatabase();
  let server: DdnsServer;
  let key: string;
  const running: RunningSecondary[] = [];

  beforeAll(async () => {
    server = await startDdns(database.url);
    const made = await server
      .get(TsigKeys)
      .createForTransfer({ zone: ZONE, name: 'transfer.example', algorithm: 'hmac-sha256' });
    key = `hmac-sha256:${made.name}:${made.secret}`;
    for (const name of Object.keys(ENGINES) as (keyof typeof ENGINES)[]) {
      const port = await freePort();
      running.push(await startSecondary(name, port, { port: server.port, zone: ZONE, key: made }));
      await server.get(Secondaries).create({ zone: ZONE, address: '127.0.0.1', port, tsigKey: made.name });
    }
  }, 60_000);
  afterAll(async () => {
    await Promise.all(running.map((secondary) => secondary.stop()));
    await server.stop();
  });

  const logOf = (name: keyof typeof ENGINES): string => running.find((secondary) => secondary.name === name)!.log();

  const serial = (): number => server.served.zone(ZONE)!.serial!;

  /** Why it did not work is in the logs of those that lag. */
  async function logsOfLagging(timeoutMilliseconds: number): Promise<readonly string[]> {
    const lagging = await server.get(SecondaryGate).waitForSerial(ZONE, serial(), timeoutMilliseconds);
    return lagging.map(({ port }) => {
      const secondary = running.find((candidate) => candidate.port === port)!;
      return `${secondary.name}: ${secondary.log().slice(-2000)}`;
    });
  }

  it('have the zone soon after they start', async () => {
    expect(await logsOfLagging(30_000)).toEqual([]);
  });

  it(`have the same zone as we after ${CHANGES} changes`, async () => {
    for (let change = 0; change < CHANGES; change += AT_ONCE) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) => {
          const number = change + index;
          const label = `d${number % DEVICES}`;
          const name = `${label}.${ZONE}`;
          // One in ten goes, or has none; the others move to another address each time.
          const addresses =
            number % 10 === 9
              ? []
              : [`10.${number % 7}.${number >> 8}.${number & 255}`, `fd00::${number.toString(16)}`];
          return server.names.publish(
            { deviceId: label, name, zone: ZONE, wildcard: number % 3 === 0, addresses },
            NO_WRITE,
          );
        }),
      );
    }
    expect(await logsOfLagging(120_000)).toEqual([]);
    const ours = await zoneOf(server.port, '-y', key);
    expect(ours.length).toBeGreaterThan(DEVICES * 4);
    for (const { name, port } of running) {
      expect({ name, zone: await zoneOf(port) }).toEqual({ name, zone: ours });
    }
  }, 300_000);

  it('take changes as IXFR', async () => {
    // The many of before may have come so fast that the whole zone was less.
    for (let change = 0; change < 3; change += 1) {
      await server.names.publish(
        { deviceId: 'd1', name: `d1.${ZONE}`, zone: ZONE, wildcard: false, addresses: [`10.99.0.${change}`] },
        NO_WRITE,
      );
      expect(await logsOfLagging(30_000)).toEqual([]);
    }
    expect(logOf('Knot')).toMatch(/IXFR, incoming, .*finished/);
    expect(logOf('BIND')).toMatch(/Transfer completed/);
    expect(logOf('BIND')).not.toMatch(/tsig verify failure|BADSIG/i);
  });

  describe('and a challenge', () => {
    it('is served by all of them before the CA is told', async () => {
      const challenges = server.get(ChallengeRecords);
      const name = `_acme-challenge.d1.${ZONE}`;
      const start = performance.now();
      await challenges.publish({ name, value: 'first', orderId: 'o1' });
      await challenges.publish({ name, value: 'second', orderId: 'o2' });
      await challenges.confirmServed(name, 'first');
      await challenges.confirmServed(name, 'second');
      expect(performance.now() - start).toBeLessThan(15_000);
      for (const { port } of running) {
        const { stdout } = await run('kdig', ['@127.0.0.1', '-p', String(port), name, 'TXT', '+short']);
        expect(stdout.trim().split('\n').toSorted()).toEqual(['"first"', '"second"']);
      }
      await challenges.withdraw({ orderId: 'o1' });
      expect(await logsOfLagging(30_000)).toEqual([]);
      expect(await server.get(SecondaryGate).waitForTxt(ZONE, name, ['first'], 0)).toHaveLength(running.length);
    });

    it('is waited for no longer than wanted, and the one that lags is named', async () => {
      const [, nsd] = running;
      await nsd!.stop();
      const name = `_acme-challenge.d2.${ZONE}`;
      await server.get(ChallengeRecords).publish({ name, value: 'late', orderId: 'o3' });
      const lagging = await server.get(SecondaryGate).waitForTxt(ZONE, name, ['late'], 5000);
      expect(lagging).toEqual([{ address: '127.0.0.1', port: nsd!.port }]);
      await expect(server.get(ChallengeRecords).confirmServed(name, 'late')).rejects.toThrow(
        `The secondary on 127.0.0.1:${nsd!.port} does not serve the TXT value of ${name} yet`,
      );
    }, 60_000);
  });
});

/** The whole zone as a server has it. */
async function zoneOf(port: number, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('kdig', ['@127.0.0.1', '-p', String(port), ...args, ZONE, 'AXFR'], { seconds: 60 });
  return [...new Set(recordsOf(stdout))];
}
