import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { rememberedDevice } from '../../../src/ddns/domain/device-records.js';
import { mustWireName } from '../../../src/ddns/domain/name.js';
import { TYPE } from '../../../src/ddns/domain/rr-type.js';
import { FIXED } from '../../../src/ddns/domain/stored-rrset.js';
import { ZoneFeed } from '../../../src/ddns/journal/zone-feed.js';
import { txtRdata } from '../../../src/ddns/wire/character-strings.js';
import { AddressWriter, type AddressChange } from '../../../src/devices/addresses/address-writer.js';
import { DeviceChangedError } from '../../../src/devices/device-changed.js';
import { joinedWrite } from '../../../src/platform/database/joined-write.js';
import { PresumptionPace } from '../../../src/platform/database/presumption.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { watchStatements } from '../../support/watch-statements.js';
import { ask } from './ask.js';
import { startDdns, ZONE, type DdnsServer } from './ddns-server.js';

const writer = new AddressWriter();
const ENROLLED = new Date('2027-01-01T00:00:00Z');
const PRESUMING = [
  'begin',
  'set-planning',
  'presume-zones',
  'presume-changed-devices',
  'presume-rrsets',
  'write-zones',
  'update-addresses',
  'commit',
  'answer',
];

interface TestDevice {
  readonly deviceId: string;
  readonly name: string;
}

/** Every name and type that a server serves, with the values in an order of their own, without the SOA. */
function contents({ served }: DdnsServer): readonly string[] {
  return [...served.zone(ZONE)!.rrsets()]
    .filter(({ rrset }) => rrset.type !== TYPE.SOA)
    .map(({ owner, rrset }) => `${owner} ${rrset.type} ${rrset.rdataStrings().toSorted().join(' ')}`)
    .toSorted();
}

describeOnEachDatabase('a change of addresses that is made from memory', (database) => {
  let server: DdnsServer;
  /** Hears of nothing that the first one does, and the other way round. */
  let other: DdnsServer;
  let device: TestDevice;

  /** What the caller saw of the device, in a call that was let in. */
  const seen = { wildcard: false, aliases: [] as string[], toldAt: new Date('2027-01-01T00:00:00Z') };
  const now = new Date('2027-01-01T00:01:00Z');

  async function aDevice(): Promise<TestDevice> {
    const deviceId = randomUUID();
    const name = `${deviceId}.${ZONE}`;
    await database.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at, addresses_told_at)
       VALUES ($1, $2, $3, $4, 'active', '{}', $5, $6)`,
      [deviceId, deviceId, ZONE, name, ENROLLED, seen.toldAt],
    );
    return { deviceId, name };
  }

  const change = (
    { deviceId, name }: TestDevice,
    addresses: readonly string[],
    { at = server, ...more }: Partial<AddressChange> & { at?: DdnsServer } = {},
  ): Promise<void> =>
    at.names.publish(
      { deviceId, name, zone: ZONE, addresses, wildcard: false, aliases: more.names?.aliases ?? [] },
      joinedWrite(writer, {
        deviceId,
        addresses,
        now,
        names: { wildcard: seen.wildcard, aliases: seen.aliases },
        seen: { name, toldAt: seen.toldAt },
        ...more,
      }),
    );
  const addresses = async ({ deviceId }: TestDevice): Promise<unknown> =>
    (
      await database.dataSource.query<{ addresses: string[] }[]>('SELECT addresses FROM devices WHERE id = $1', [
        deviceId,
      ])
    )[0]!.addresses;
  const answers = async ({ name }: TestDevice, at = server): Promise<string[]> =>
    (await ask(at.port, name, 'A')).answers.map((line) => line.split(' ').at(-1)!);
  const toldOf = async ({ deviceId }: TestDevice): Promise<number> =>
    (await database.dataSource.query<unknown[]>('SELECT 1 FROM events WHERE subject_id = $1', [deviceId])).length;
  const sql = (text: string, ...values: unknown[]): Promise<unknown> => database.dataSource.query(text, values);
  const watched = async (work: () => Promise<unknown>): Promise<ReturnType<typeof watchStatements>> => {
    const watch = watchStatements();
    await work().finally(() => watch.restore());
    return watch;
  };
  const statementsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => (await watched(work)).all();
  /** With the answers to them. */
  const tripsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> =>
    (await watched(work)).fromTransaction();

  beforeEach(async () => {
    server = await startDdns(database.url, { isDeaf: true });
    device = await aDevice();
    await change(device, ['10.0.0.8']);
    other = await startDdns(database.url, { isDeaf: true });
    // They do not poll, either.
    await Promise.all([server, other].map((one) => one.get(ZoneFeed).stop()));
    // A server that starts raises the serial.
    await server.served.catchUp(ZONE);
  });
  afterEach(() => Promise.all([server.stop(), other.stop()]));

  it('takes one round trip', async () => {
    expect(await tripsOf(() => change(device, ['10.0.1.1', 'fd00::1']))).toEqual(PRESUMING);
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.1.1', 'fd00::1'], ['10.0.1.1']]);
    expect(await answers({ ...device, name: `10-0-1-1.${device.name}` })).toEqual(['10.0.1.1']);
  });

  it('takes one round trip together with others, also of the same device', async () => {
    const second = await aDevice();
    const statements = await tripsOf(() =>
      Promise.all([change(device, ['10.0.1.2']), change(second, ['10.0.1.3']), change(device, ['10.0.1.4'])]),
    );
    expect(statements).toEqual(PRESUMING);
    expect([await answers(device), await answers(second)]).toEqual([['10.0.1.4'], ['10.0.1.3']]);
    expect([await addresses(device), await addresses(second)]).toEqual([['10.0.1.4'], ['10.0.1.3']]);
  });

  it('takes one round trip where addresses come before one that stays', async () => {
    await change(device, ['10.0.1.20', '10.0.1.9']);
    for (const address of ['10.0.1.21', '10.0.1.22']) {
      expect(await tripsOf(() => change(device, [address, '10.0.1.9']))).toEqual(PRESUMING);
      expect(await addresses(device)).toEqual([address, '10.0.1.9']);
      expect((await answers(device)).toSorted()).toEqual([address, '10.0.1.9']);
    }
  });

  it.each([
    [8, true],
    [9, false],
  ])('shares a transaction with others, and is read first where they are many: %i', async (count, isPresumed) => {
    const devices = await Promise.all(Array.from({ length: count }, () => aDevice()));
    const trips = await tripsOf(() => Promise.all(devices.map((one, index) => change(one, [`10.0.6.${index + 1}`]))));
    expect(trips.filter((what) => what === 'begin')).toHaveLength(1);
    expect(trips.includes('presume-zones')).toBe(isPresumed);
    expect(trips.includes('lock-zones')).toBe(!isPresumed);
    expect(await answers(devices.at(-1)!)).toEqual([`10.0.6.${count}`]);
  });

  it('takes one round trip with the event that tells of it', async () => {
    await sql('UPDATE devices SET addresses_told_at = NULL WHERE id = $1', device.deviceId);
    const statements = await tripsOf(() => change(device, ['10.0.1.5'], { seen: { name: device.name, toldAt: null } }));
    expect(statements).toEqual([...PRESUMING.slice(0, -2), 'record-events', ...PRESUMING.slice(-2)]);
    expect(await toldOf(device)).toBe(1);
  });

  it('leads to the same zone as when it is read', async () => {
    await change(device, ['10.0.1.6', '10.0.1.7', 'fd00::6']);
    await change(device, ['10.0.1.7', 'fd00::7']);
    const remembered = rememberedDevice(server.served.zone(ZONE)!, device.deviceId, mustWireName(device.name));
    await server.served.load(ZONE);
    expect(remembered).toHaveLength(4);
    expect(rememberedDevice(server.served.zone(ZONE)!, device.deviceId, mustWireName(device.name))).toEqual(
      expect.arrayContaining(remembered!),
    );
  });

  it('is made from what the database has when another server has changed the zone first', async () => {
    const second = await aDevice();
    await change(second, ['10.0.2.1'], { at: other });
    const statements = await statementsOf(() => change(device, ['10.0.2.2']));
    expect(statements).toContain('presume-zones');
    expect(statements).toContain('lock-zones');
    expect([await answers(device), await answers(second)]).toEqual([['10.0.2.2'], ['10.0.2.1']]);
    expect(await addresses(device)).toEqual(['10.0.2.2']);
  });

  it('is made from what the database has when another server has changed the same device first', async () => {
    await change(device, ['10.0.2.3'], { at: other });
    await change(device, ['10.0.2.4']);
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.2.4'], ['10.0.2.4']]);
    expect(await answers({ ...device, name: `10-0-2-3.${device.name}` })).toEqual([]);
  });

  /** Changes of eight devices, half of them at each server. @returns how many transactions presumed. */
  const changesAtBoth = async (first: DdnsServer, second: DdnsServer, milliseconds: () => number): Promise<number> => {
    const devices = await Promise.all(Array.from({ length: 8 }, () => aDevice()));
    const statements = await statementsOf(() =>
      Promise.all(
        devices.map(async (one, index) => {
          for (let count = 0; count < 20; count += 1) {
            await change(one, [`10.1.${index}.${count}`], { at: index % 2 === 0 ? first : second });
            await sleep(milliseconds());
          }
        }),
      ),
    );
    await Promise.all([first.served.catchUp(ZONE), second.served.catchUp(ZONE)]);
    for (const [index, one] of devices.entries()) {
      const last = [`10.1.${index}.19`];
      expect([await addresses(one), await answers(one, first), await answers(one, second)]).toEqual([last, last, last]);
    }
    expect(contents(first)).toEqual(contents(second));
    await first.served.load(ZONE);
    expect(contents(first)).toEqual(contents(second));
    return statements.filter((what) => what === 'presume-zones').length;
  };

  it('loses nothing between two servers that change a zone at the same time and presume wrongly', async () => {
    expect(await changesAtBoth(server, other, () => 0)).toBeGreaterThan(0);
  });

  it('loses nothing between two servers that always presume, whether it is right or wrong', async () => {
    const always = vi.spyOn(PresumptionPace.prototype, 'mayPresume').mockReturnValue(true);
    const servers = await Promise.all([startDdns(database.url), startDdns(database.url)]);
    try {
      const presuming = await changesAtBoth(servers[0], servers[1], () => 5);
      expect(presuming).toBeGreaterThanOrEqual(40);
    } finally {
      always.mockRestore();
      await Promise.all(servers.map((one) => one.stop()));
    }
  });

  /** Makes a change that waits for a row which somebody else changes, and commits, meanwhile. */
  const changeBehind = async (
    text: string,
    values: readonly unknown[],
    address: string,
  ): Promise<readonly string[]> => {
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(text, [...values]);
      return await statementsOf(async () => {
        const changed = change(device, [address]);
        // Whether it can be made is looked at by the test.
        changed.catch(() => undefined);
        while (!(await isWaiting())) await sleep(2);
        await holder.query('COMMIT');
        await changed;
      });
    } finally {
      await holder.end();
    }
  };
  const isWaiting = async (): Promise<boolean> => {
    const waiting = await database.dataSource.query<unknown[]>(
      `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%presume%'`,
    );
    return waiting.length > 0;
  };

  it('waits for another transaction, and is made from what that has left of the zone', async () => {
    const statements = await changeBehind('UPDATE zones SET serial = serial + 1 WHERE name = $1', [ZONE], '10.0.5.1');
    expect(statements).toContain('lock-zones');
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.5.1'], ['10.0.5.1']]);
  });

  it('waits for another transaction, and takes one round trip where that has left the serial as it was', async () => {
    const statements = await changeBehind('UPDATE zones SET changed_at = now() WHERE name = $1', [ZONE], '10.0.5.2');
    expect(statements).not.toContain('lock-zones');
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.5.2'], ['10.0.5.2']]);
  });

  it('waits for another transaction, and is not made where that has switched the wildcard', async () => {
    const text = 'UPDATE devices SET wildcard = true WHERE id = $1';
    await expect(changeBehind(text, [device.deviceId], '10.0.5.3')).rejects.toBeInstanceOf(DeviceChangedError);
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.0.8'], ['10.0.0.8']]);
  });

  it('waits for another transaction, and takes one round trip where that has only noted that the device was seen', async () => {
    const text = 'UPDATE devices SET last_seen_at = now() WHERE id = $1';
    const statements = await changeBehind(text, [device.deviceId], '10.0.5.4');
    expect(statements).not.toContain('lock-zones');
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.5.4'], ['10.0.5.4']]);
  });

  it('is refused as ever when the device was suspended meanwhile, and the others are made', async () => {
    const second = await aDevice();
    await sql(`UPDATE devices SET state = 'suspended' WHERE id = $1`, device.deviceId);
    const results = await Promise.allSettled([change(device, ['10.0.3.1']), change(second, ['10.0.3.2'])]);
    expect(results).toMatchObject([{ reason: { code: 'device_suspended' } }, { status: 'fulfilled' }]);
    expect([await answers(device), await answers(second)]).toEqual([['10.0.0.8'], ['10.0.3.2']]);
  });

  it.each([
    ['its wildcard was switched', 'wildcard = true'],
    ['it got an alias', `aliases = '{printer}'`],
  ])('is to be made again when %s meanwhile', async (_what, setting) => {
    await sql(`UPDATE devices SET ${setting} WHERE id = $1`, device.deviceId);
    await expect(change(device, ['10.0.3.3'])).rejects.toBeInstanceOf(DeviceChangedError);
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.0.8'], ['10.0.0.8']]);
  });

  it('for an alias that went is not made because a later change of the device knows of that', async () => {
    const label = `k${randomUUID().slice(0, 8)}`;
    const [first, second] = await Promise.allSettled([
      change(device, ['10.0.3.9'], { names: { wildcard: false, aliases: [label] } }),
      change(device, ['10.0.3.10']),
    ]);
    expect(first).toMatchObject({ reason: expect.any(DeviceChangedError) });
    expect(second.status).toBe('fulfilled');
    expect([await answers(device), await answers({ ...device, name: `${label}.${ZONE}` })]).toEqual([
      ['10.0.3.10'],
      [],
    ]);
  });

  it.each([
    ['was told of meanwhile', `'2027-01-01T00:00:30Z'`, null, 0],
    ['has to be told of, after all', 'NULL', seen.toldAt, 1],
  ])('tells of it as the row says when it %s', async (_what, stored, toldAt, events) => {
    await sql(`UPDATE devices SET addresses_told_at = ${stored} WHERE id = $1`, device.deviceId);
    await change(device, ['10.0.3.4'], { seen: { name: device.name, toldAt } });
    expect([await addresses(device), await toldOf(device)]).toEqual([['10.0.3.4'], events]);
  });

  it('does not take over a record that looks the same and is an operator’s', async () => {
    await sql(`UPDATE rrsets SET owners = '{fixed}' WHERE name = $1 AND type = 1`, `${device.name}`);
    await expect(change(device, ['10.0.3.5'])).rejects.toMatchObject({ code: 'conflict' });
    expect([await addresses(device), await answers(device)]).toEqual([['10.0.0.8'], ['10.0.0.8']]);
  });

  it('is made from what the database has where that was changed by hand', async () => {
    await sql(
      `INSERT INTO rrsets (zone, name, type, ttl, rdata, owners) VALUES ($1, $2, 1, 60, '{"\\\\x0a000099"}', ARRAY[$3])`,
      ZONE,
      `10-0-0-153.${device.name}`,
      `device:${device.deviceId}`,
    );
    await change(device, ['10.0.3.6']);
    const rows = await database.dataSource.query<{ name: string }[]>(
      `SELECT name FROM rrsets WHERE name LIKE '%' || $1 ORDER BY length(name)`,
      [device.name],
    );
    expect(rows.map(({ name }) => name)).toEqual([device.name, `10-0-3-6.${device.name}`]);
    expect(await answers(device)).toEqual(['10.0.3.6']);
  });

  it('is read first while an order has a challenge below the device', async () => {
    const name = mustWireName(`_acme-challenge.${device.name}`);
    await server.writer.commit({
      zone: ZONE,
      scope: { names: [name] },
      edit: (zone) => zone.put(name, TYPE.TXT, 60, [{ rdata: txtRdata('x'), owner: FIXED }]),
    });
    const statements = await statementsOf(() => change(device, ['10.0.3.7']));
    expect(statements.filter((what) => what.startsWith('presume'))).toEqual([]);
    expect((await ask(server.port, `_acme-challenge.${device.name}`, 'TXT')).answers).toHaveLength(1);
  });

  it.each([
    ['nothing was seen of the device', {}],
    ['its names were not seen', { seen: { name: 'x', toldAt: null }, names: undefined }],
  ])('is read first where %s', async (_what, more) => {
    const item = { seen: undefined, ...more } as Partial<AddressChange>;
    const statements = await statementsOf(() => change(device, ['10.0.3.8'], item));
    expect(statements.filter((what) => what.startsWith('presume'))).toEqual([]);
    expect(await addresses(device)).toEqual(['10.0.3.8']);
  });

  it('is presumed less often after it was wrong, and again later', async () => {
    await change(await aDevice(), ['10.0.4.1'], { at: other });
    const presumed: boolean[] = [];
    for (let count = 0; count < 4; count += 1) {
      const statements = await statementsOf(() => change(device, [`10.0.4.${10 + count}`]));
      presumed.push(statements.includes('presume-zones'));
    }
    expect(presumed).toEqual([true, false, true, true]);
  });
});
