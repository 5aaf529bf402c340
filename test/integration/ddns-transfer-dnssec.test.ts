import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { SecondaryGate } from '../../src/ddns/notify/secondary-gate.js';
import { ApexRecords } from '../../src/ddns/publishing/apex-records.js';
import { ChallengeRecords } from '../../src/ddns/publishing/challenge-records.js';
import { Secondaries } from '../../src/ddns/transfer/secondaries.js';
import { TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { withDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { describeWithPeers } from '../support/peers.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';
import { dig, run } from './ddns-transfer-run.js';
import { type RunningSecondary, startSigningSecondary, startValidator } from './ddns-transfer-secondaries.js';

describeWithPeers(['knotd', 'unbound', 'dig', 'kdig'], 'a signing Knot secondary, validated by Unbound', () => {
  const database = withDatabase();
  let server: DdnsServer;
  let knot: RunningSecondary;
  let unbound: RunningSecondary;

  beforeAll(async () => {
    server = await startDdns(database.url);
    const key = await server
      .get(TsigKeys)
      .createForTransfer({ zone: ZONE, name: 'transfer.example', algorithm: 'hmac-sha256' });
    await server.get(ApexRecords).setCaa(ZONE, ['0 issue "ca.test"']);
    await publish('d1', ['10.0.0.1', 'fd00::1'], false);
    await publish('d2', ['10.0.0.2'], true);
    const challenge = { name: `_acme-challenge.below.d1.${ZONE}`, value: 'first', orderId: 'o1' };
    await server.get(ChallengeRecords).publish(challenge);
    const port = await freePort();
    knot = await startSigningSecondary(port, { port: server.port, zone: ZONE, key });
    await server.get(Secondaries).create({ zone: ZONE, address: '127.0.0.1', port, tsigKey: key.name });
    expect(await server.get(SecondaryGate).waitForTxt(ZONE, challenge.name, ['first'], 30_000)).toEqual([]);
    unbound = await startUnbound();
  }, 90_000);
  afterAll(async () => {
    await unbound?.stop();
    await knot?.stop();
    await server?.stop();
  });

  function publish(label: string, addresses: readonly string[], wildcard: boolean): Promise<void> {
    return server.names.publish(
      { deviceId: label, name: `${label}.${ZONE}`, zone: ZONE, wildcard, addresses },
      NO_WRITE,
    );
  }

  async function startUnbound(): Promise<RunningSecondary> {
    const anchor = await vi.waitFor(
      async () => {
        const { stdout } = await run('kdig', ['@127.0.0.1', '-p', String(knot.port), ZONE, 'DNSKEY', '+short']);
        const keys = stdout.split('\n').filter((line) => line.startsWith('257 '));
        expect(keys).toHaveLength(1);
        return keys;
      },
      { timeout: 20_000, interval: 200 },
    );
    const port = await freePort();
    const anchors = anchor.map((dnskey) => `${ZONE}. IN DNSKEY ${dnskey}`);
    const validator = await startValidator(port, ZONE, knot.port, anchors);
    await vi.waitFor(async () => expect(await dig(port, ZONE, 'SOA')).toContain('status: NOERROR'), {
      timeout: 20_000,
      interval: 200,
    });
    return validator;
  }

  it.each([
    ['the SOA', ZONE, 'SOA', 'NOERROR', 1],
    ['the name servers', ZONE, 'NS', 'NOERROR', 1],
    ['the apex CAA', ZONE, 'CAA', 'NOERROR', 1],
    ['an address', `d1.${ZONE}`, 'A', 'NOERROR', 1],
    ['an IPv6 address', `d1.${ZONE}`, 'AAAA', 'NOERROR', 1],
    ['an IP-encoded name', `10-0-0-1.d1.${ZONE}`, 'A', 'NOERROR', 1],
    ['a challenge', `_acme-challenge.below.d1.${ZONE}`, 'TXT', 'NOERROR', 1],
    ['a wildcard', `anything.d2.${ZONE}`, 'A', 'NOERROR', 1],
    ['no data at a name', `d1.${ZONE}`, 'MX', 'NOERROR', 0],
    ['no data at the wildcard', `anything.d2.${ZONE}`, 'AAAA', 'NOERROR', 0],
    ['no data at an empty non-terminal', `below.d1.${ZONE}`, 'A', 'NOERROR', 0],
    ['no CAA at a device', `d1.${ZONE}`, 'CAA', 'NOERROR', 0],
    ['no such name', `absent.${ZONE}`, 'A', 'NXDOMAIN', 0],
    ['no such name below a device', `x.d1.${ZONE}`, 'TXT', 'NXDOMAIN', 0],
  ])('%s is validated', async (_, name, type, status, answers) => {
    const output = await dig(unbound.port, '+dnssec', name, type);
    expect(output).toContain(`status: ${status}`);
    expect(output).toMatch(/flags: [a-z ]*\bad\b/);
    const own = output
      .split('\n')
      .filter((line) => new RegExp(`^${name.replaceAll('.', '\\.')}\\.\\s.*\\sIN\\s+${type}\\s`).test(line));
    expect(own).toHaveLength(answers);
  });

  it('a change and a new challenge are signed as they come', async () => {
    await publish('d3', ['10.0.0.3'], false);
    const challenge = { name: `_acme-challenge.d3.${ZONE}`, value: 'second', orderId: 'o2' };
    await server.get(ChallengeRecords).publish(challenge);
    expect(await server.get(SecondaryGate).waitForTxt(ZONE, challenge.name, ['second'], 30_000)).toEqual([]);
    for (const [name, type] of [
      [`d3.${ZONE}`, 'A'],
      [challenge.name, 'TXT'],
    ] as const) {
      const output = await dig(unbound.port, '+dnssec', name, type);
      expect(output).toContain('status: NOERROR');
      expect(output).toMatch(/flags: [a-z ]*\bad\b/);
    }
  });
});
