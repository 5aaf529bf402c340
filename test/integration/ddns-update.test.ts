import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DeviceLifecycle } from '../../src/devices/device-lifecycle.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { parseCidr } from '../../src/kernel/ip-address.js';
import { ChallengeRecords } from '../../src/ddns/publishing/challenge-records.js';
import { type CreatedTsigKey, TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { withDatabase } from '../support/database.js';
import { describeWithPeers } from '../support/peers.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';
import { dig, recordsOf, run } from './ddns-transfer-run.js';

const database = withDatabase();
let server: DdnsServer;
let device: TestDevice;

interface TestDevice {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
}

beforeAll(async () => {
  server = await startDdns(database.url, {
    addressPolicy: { name: 'private', ranges: [parseCidr('10.0.0.0/8')!, parseCidr('fc00::/7')!] },
  });
  device = await aDevice('k2v7', ['10.0.0.1']);
});
afterAll(() => server.stop());

const serial = (): number => server.served.zone(ZONE)!.serial!;

async function aDevice(label: string, addresses: readonly string[] = []): Promise<TestDevice> {
  const id = randomUUID();
  const name = `${label}.${ZONE}`;
  await server.dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
     VALUES ($1, $2, $3, $4, 'active', $5, now())`,
    [id, label, ZONE, name, addresses],
  );
  await server.names.publish({ deviceId: id, name, zone: ZONE, wildcard: false, addresses }, NO_WRITE);
  return { id, name, zone: ZONE };
}

async function aKey(of: TestDevice, types: readonly ('TXT' | 'A' | 'AAAA')[] = ['TXT']): Promise<CreatedTsigKey> {
  const keys = server.get(TsigKeys);
  const key = await server.dataSource.transaction((transaction) =>
    keys.createForDevice(transaction, { device: of, types }),
  );
  await keys.published();
  return key;
}

/** Runs nsupdate on a list of commands. @returns the RCODE. */
async function nsupdate(
  commands: readonly string[],
  key?: CreatedTsigKey,
  ...args: readonly string[]
): Promise<string> {
  const script = [`server 127.0.0.1 ${server.port}`, `zone ${ZONE}`, ...commands, 'send', ''].join('\n');
  const keyArgs = key ? ['-y', `${key.algorithm}:${key.name}:${key.secret}`] : [];
  const { code, stderr } = await run('nsupdate', [...keyArgs, ...args], { input: script });
  if (code === 0) return 'NOERROR';
  return /update failed: (\w+)/.exec(stderr)?.[1] ?? stderr.trim();
}

async function served(name: string, type: string): Promise<readonly string[]> {
  const records = recordsOf(await dig(server.port, '+nocomments', '+noquestion', '+nostats', name, type));
  return records.filter((record) => !record.includes(' SOA ')).map((record) => record.split(' ').slice(4).join(' '));
}

/** The addresses in the device's row. */
async function stored(): Promise<readonly string[]> {
  const rows = await server.dataSource.query<{ addresses: string[] }[]>(`SELECT addresses FROM devices WHERE id = $1`, [
    device.id,
  ]);
  return rows[0]!.addresses;
}

describeWithPeers(['nsupdate', 'dig'], 'nsupdate', () => {
  const challenge = `_acme-challenge.k2v7.${ZONE}`;
  let key: CreatedTsigKey;
  beforeAll(async () => {
    key = await aKey(device);
  });

  it.each([
    ['UDP', []],
    ['TCP', ['-v']],
  ])('adds and removes a challenge over %s', async (_, args) => {
    expect(
      await nsupdate([`update add ${challenge} 60 TXT one`, `update add ${challenge} 60 TXT two`], key, ...args),
    ).toBe('NOERROR');
    expect(await served(challenge, 'TXT')).toEqual(['"one"', '"two"']);
    expect(await nsupdate([`update delete ${challenge} TXT one`], key, ...args)).toBe('NOERROR');
    expect(await served(challenge, 'TXT')).toEqual(['"two"']);
    expect(await nsupdate([`update delete ${challenge}`], key, ...args)).toBe('NOERROR');
    expect(await served(challenge, 'TXT')).toEqual([]);
  });

  it('raises the serial with a change, and not without', async () => {
    const before = serial();
    expect(await nsupdate([`update delete ${challenge} TXT absent`], key)).toBe('NOERROR');
    expect(serial()).toBe(before);
    expect(await nsupdate([`update add ${challenge} 60 TXT x`], key)).toBe('NOERROR');
    expect(serial()).not.toBe(before);
    await nsupdate([`update delete ${challenge}`], key);
  });

  it('leaves the challenge of an order of ours alone', async () => {
    const challenges = server.get(ChallengeRecords);
    await challenges.publish({ name: challenge, value: 'ours', orderId: 'o1' });
    expect(await nsupdate([`update delete ${challenge} TXT`, `update add ${challenge} 60 TXT theirs`], key)).toBe(
      'NOERROR',
    );
    expect(await served(challenge, 'TXT')).toEqual(['"ours"', '"theirs"']);
    expect(await nsupdate([`update delete ${challenge} TXT`], key)).toBe('NOERROR');
    await challenges.withdraw({ orderId: 'o1' });
    expect(await served(challenge, 'TXT')).toEqual([]);
  });

  it.each([
    ['nxrrset', `prereq nxrrset ${challenge} TXT`, 'NOERROR', 'YXRRSET'],
    ['yxrrset', `prereq yxrrset ${challenge} TXT`, 'NXRRSET', 'NOERROR'],
    ['nxdomain', `prereq nxdomain ${challenge}`, 'NOERROR', 'YXDOMAIN'],
    ['yxdomain', `prereq yxdomain ${challenge}`, 'NXDOMAIN', 'NOERROR'],
    ['a value', `prereq yxrrset ${challenge} TXT there`, 'NXRRSET', 'NOERROR'],
    ['another value', `prereq yxrrset ${challenge} TXT other`, 'NXRRSET', 'NXRRSET'],
  ])('prerequisite %s', async (_, prerequisite, absent, present) => {
    const probe = `update add _acme-challenge.x.k2v7.${ZONE} 60 TXT probe`;
    await nsupdate([`update delete ${challenge}`], key);
    expect(await nsupdate([prerequisite, probe], key)).toBe(absent);
    await nsupdate([`update add ${challenge} 60 TXT there`], key);
    expect(await nsupdate([prerequisite, probe], key)).toBe(present);
    await nsupdate([`update delete ${challenge}`, `update delete _acme-challenge.x.k2v7.${ZONE}`], key);
  });

  it.each([
    ['another device', `update add _acme-challenge.other.${ZONE} 60 TXT x`],
    ['its own address', `update add k2v7.${ZONE} 60 A 10.0.0.9`],
    ['a TXT at its own name', `update add k2v7.${ZONE} 60 TXT x`],
    ['the challenge of the apex', `update add _acme-challenge.${ZONE} 60 TXT x`],
    ['the SOA', `update delete ${ZONE} SOA`],
    ['the NS of the apex', `update delete ${ZONE} NS`],
    ['everything at the apex', `update delete ${ZONE}`],
    ['a delegation below its name', `update add x.k2v7.${ZONE} 60 NS ns.example.`],
    ['a CNAME at its challenge', `update add ${challenge} 60 CNAME example.org.`],
  ])('is REFUSED for %s, and nothing changes', async (_, command) => {
    const before = serial();
    expect(await nsupdate([`update add ${challenge} 60 TXT with`, command], key)).toBe('REFUSED');
    expect(await served(challenge, 'TXT')).toEqual([]);
    expect(serial()).toBe(before);
  });

  it('is REFUSED without a key, and NOTAUTH for another zone', async () => {
    expect(await nsupdate([`update add ${challenge} 60 TXT x`])).toBe('REFUSED');
    expect(await nsupdate(['zone example.org', 'update add a.example.org 60 TXT x'], key)).toBe('NOTAUTH');
    expect(await served(challenge, 'TXT')).toEqual([]);
  });

  it('is NOTZONE for a name outside the zone', async () => {
    const script = [`server 127.0.0.1 ${server.port}`, `zone ${ZONE}`, 'update add a.example.org 60 TXT x', 'send', ''];
    const { stderr } = await run('nsupdate', ['-y', `${key.algorithm}:${key.name}:${key.secret}`], {
      input: script.join('\n'),
    });
    expect(stderr).toContain('NOTZONE');
  });

  it('is NOTAUTH with a wrong secret or an ended key', async () => {
    const wrong = { ...key, secret: Buffer.alloc(32).toString('base64') };
    expect(await nsupdate([`update add ${challenge} 60 TXT x`], wrong)).toMatch(/NOTAUTH|BADSIG|tsig/i);
    const ended = await aKey(device);
    await server.dataSource.transaction((transaction) =>
      server.get(TsigKeys).deleteForDevice(transaction, device.id, ended.name),
    );
    await server.get(TsigKeys).published();
    expect(await nsupdate([`update add ${challenge} 60 TXT x`], ended)).toMatch(/NOTAUTH|BADKEY|tsig/i);
    expect(await served(challenge, 'TXT')).toEqual([]);
  });

  it('many at once all come through', async () => {
    const values = Array.from({ length: 20 }, (_, index) => `value${index}`);
    const rcodes = await Promise.all(values.map((value) => nsupdate([`update add ${challenge} 60 TXT ${value}`], key)));
    expect(new Set(rcodes)).toEqual(new Set(['NOERROR']));
    expect(await served(challenge, 'TXT')).toHaveLength(values.length);
    await nsupdate([`update delete ${challenge}`], key);
  });

  describe('with a key for addresses', () => {
    let wide: CreatedTsigKey;
    beforeAll(async () => {
      wide = await aKey(device, ['A', 'AAAA', 'TXT']);
    });

    it('changes the device’s address in the zone and in its row, the IP-encoded name with it', async () => {
      const commands = [`update delete ${device.name} A`, `update add ${device.name} 300 A 10.2.3.4`];
      expect(await nsupdate([...commands, `update add ${challenge} 60 TXT x`], wide)).toBe('NOERROR');
      expect(await served(device.name, 'A')).toEqual(['10.2.3.4']);
      expect(await served(`10-2-3-4.${device.name}`, 'A')).toEqual(['10.2.3.4']);
      expect(await served(`10-0-0-1.${device.name}`, 'A')).toEqual([]);
      expect(await served(challenge, 'TXT')).toEqual(['"x"']);
      expect(await stored()).toEqual(['10.2.3.4']);
      expect(await nsupdate([`update add ${device.name} 300 AAAA fd00::4`, `update delete ${challenge}`], wide)).toBe(
        'NOERROR',
      );
      expect(await stored()).toEqual(['10.2.3.4', 'fd00::4']);
    });

    it('is REFUSED for an address outside the policy, and nothing changes', async () => {
      const before = await stored();
      const commands = [`update add ${device.name} 300 A 192.0.2.1`, `update add ${challenge} 60 TXT x`];
      expect(await nsupdate(commands, wide)).toBe('REFUSED');
      expect(await stored()).toEqual(before);
      expect(await served(challenge, 'TXT')).toEqual([]);
    });
  });

  it('is REFUSED for a suspended device', async () => {
    const suspended = await aDevice('suspended');
    const itsKey = await aKey(suspended);
    const command = `update add _acme-challenge.${suspended.name} 60 TXT x`;
    expect(await nsupdate([command], itsKey)).toBe('NOERROR');
    await new DeviceLifecycle(server.dataSource, server.names, new SystemClock()).suspend(suspended.id);
    expect(await nsupdate([command.replace('TXT x', 'TXT y')], itsKey)).toBe('REFUSED');
    expect(await served(`_acme-challenge.${suspended.name}`, 'TXT')).toEqual(['"x"']);
  });
});
