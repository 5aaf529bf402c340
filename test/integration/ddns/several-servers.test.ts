import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, expect, it, vi } from 'vitest';

import { mustWireName, presentName } from '../../../src/ddns/domain/name.js';
import { TYPE, typeName } from '../../../src/ddns/domain/rr-type.js';
import { isSerialAfter } from '../../../src/ddns/domain/serial.js';
import { FIXED } from '../../../src/ddns/domain/stored-rrset.js';
import type { Zone } from '../../../src/ddns/domain/zone.js';
import { ZoneJournal } from '../../../src/ddns/journal/zone-journal.js';
import type { CommittedChange } from '../../../src/ddns/store/zone-change.js';
import { ServedZones } from '../../../src/ddns/store/served-zones.js';
import { ZoneLoader } from '../../../src/ddns/store/zone-loader.js';
import { txtRdata } from '../../../src/ddns/wire/character-strings.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { ask } from './ask.js';
import { startDdns, ZONE, type DdnsServer, type DdnsServerOptions } from './ddns-server.js';

/** Every record but the SOA, in an order of its own. */
function contents(zone: Zone): string[] {
  return [...zone.rrsets()]
    .filter(({ rrset }) => rrset.type !== TYPE.SOA)
    .flatMap(({ owner, rrset }) =>
      rrset
        .rdatas()
        .map((rdata) => `${presentName(owner)} ${rrset.ttl} ${typeName(rrset.type)} ${rdata.toString('hex')}`),
    )
    .toSorted();
}

async function eventually(check: () => Promise<boolean> | boolean, milliseconds: number): Promise<number> {
  const begin = performance.now();
  while (!(await check())) {
    if (performance.now() - begin > milliseconds) throw new Error(`not within ${milliseconds} ms`);
    await sleep(5);
  }
  return performance.now() - begin;
}

function put(server: DdnsServer, label: string, value: string): Promise<CommittedChange> {
  const name = mustWireName(`${label}.${ZONE}`);
  return server.writer.commit({
    zone: ZONE,
    scope: { names: [name] },
    edit: (zone) => zone.put(name, TYPE.TXT, 60, [{ rdata: txtRdata(value), owner: FIXED }]),
  });
}

function zoneOf(server: DdnsServer): Zone {
  return server.served.zone(ZONE)!;
}

async function served(server: DdnsServer, label: string): Promise<string | undefined> {
  return (await ask(server.port, `${label}.${ZONE}`, 'TXT')).answers[0];
}

describeOnEachDatabase('several servers on one database', (database) => {
  const servers: DdnsServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  async function start(options: DdnsServerOptions = {}): Promise<DdnsServer> {
    const server = await startDdns(database.url, options);
    servers.push(server);
    return server;
  }
  const hasSettled = async (): Promise<boolean> => {
    const serial = await servers[0]!.get(ZoneJournal).serialOf(ZONE);
    return servers.every((server) => zoneOf(server).serial === serial);
  };

  it('do not read back what they have committed themselves', async () => {
    const server = await start();
    const catchUp = vi.spyOn(server.served, 'catchUp');
    for (let index = 0; index < 100; index += 1) await put(server, `own${index}`, 'x');
    // A poll may come between a commit and its answer.
    expect(catchUp.mock.calls.length).toBeLessThanOrEqual(2);
    expect(await served(server, 'own99')).toContain('x');
  });

  it('serve within 250 ms what one of them commits', async () => {
    const [one, two] = [await start(), await start()];
    await put(one, 'warm', 'x');
    await eventually(hasSettled, 5000);
    const delays: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      await put(one, 'quick', String(count));
      const expected = `quick.${ZONE}. 60 IN TXT "${count}"`;
      delays.push(await eventually(async () => (await served(two, 'quick')) === expected, 250));
    }
    expect(Math.max(...delays)).toBeLessThan(250);
  });

  it('serve within 5 s what one of them commits when notifications are lost', async () => {
    const [one, deaf] = [await start(), await start({ isDeaf: true })];
    await put(one, 'slow', 'x');
    expect(await eventually(async () => (await served(deaf, 'slow')) !== undefined, 5000)).toBeLessThan(5000);
  });

  it('come to the same zone when all of them write at once, with serials that only rise', async () => {
    await Promise.all([start(), start(), start()]);
    const seen: number[][] = servers.map(() => []);
    servers.forEach((server, index) => server.served.onSerial((_zone, serial) => seen[index]!.push(serial)));
    await Promise.all(
      servers.flatMap((server, index) =>
        Array.from({ length: 60 }, async (_, count) => {
          await sleep(Math.random() * 300);
          // Names of its own, and some that all of them write.
          await put(server, `s${index}-${count}`, 'x');
          await put(server, `shared${count % 5}`, `${index} ${count}`);
        }),
      ),
    );
    await eventually(hasSettled, 5000);
    const loaded = await new ZoneLoader(database.dataSource).load(ZONE);
    for (const server of servers) expect(contents(zoneOf(server))).toEqual(contents(loaded!));
    for (const serials of seen) {
      expect(serials.every((serial, index) => index === 0 || isSerialAfter(serial, serials[index - 1]!))).toBe(true);
    }
  });

  it('serve their own change when commit resolves, also when another one has just committed', async () => {
    const [one, deaf] = [await start(), await start({ isDeaf: true })];
    for (let count = 0; count < 20; count += 1) {
      await put(one, 'other', String(count));
      await put(deaf, 'own', String(count));
      expect(await served(deaf, 'own')).toBe(`own.${ZONE}. 60 IN TXT "${count}"`);
      expect(await served(deaf, 'other')).toBe(`other.${ZONE}. 60 IN TXT "${count}"`);
    }
  });

  it('find in the journal what leads from any zone to the newest', async () => {
    const server = await start();
    const journal = server.get(ZoneJournal);
    const before = await new ZoneLoader(database.dataSource).load(ZONE);
    for (let count = 0; count < 30; count += 1) await put(server, `j${count % 7}`, String(count));
    const diffs = await journal.after(ZONE, before!.serial!);
    for (const diff of diffs!) before!.apply(diff);
    expect(contents(before!)).toEqual(contents(zoneOf(server)));
    expect(before!.serial).toBe(zoneOf(server).serial);
    expect(await journal.after(ZONE, zoneOf(server).serial!)).toEqual([]);
    expect(await journal.after(ZONE, 12345)).toBeUndefined();
  });

  it('load the zone again when the journal does not reach back far enough', async () => {
    const [one, away] = [await start(), await start({ isDeaf: true })];
    await put(one, 'trim', '1');
    await put(one, 'trim', '2');
    await database.dataSource.transaction((transaction) => ZoneJournal.trim(transaction, ZONE, 1));
    await put(one, 'trim', '3');
    await away.get(ServedZones).catchUp(ZONE);
    expect(contents(zoneOf(away))).toEqual(contents(zoneOf(one)));
  });

  it('raise the serial over all that was served when the database is restored from a backup under them', async () => {
    const server = await start();
    const { dataSource } = database;
    await put(server, 'kept', 'x');
    await dataSource.query('CREATE TABLE backup_rrsets AS TABLE rrsets');
    await dataSource.query('CREATE TABLE backup_zones AS TABLE zones');
    await dataSource.query('CREATE TABLE backup_journal AS TABLE zone_journal');
    for (let count = 0; count < 300; count += 1) await put(server, 'lost', String(count));
    const published = zoneOf(server).serial!;
    await dataSource.transaction(async (transaction) => {
      await transaction.query('TRUNCATE rrsets, zones, zone_journal');
      await transaction.query('INSERT INTO rrsets SELECT * FROM backup_rrsets');
      await transaction.query('INSERT INTO zones SELECT * FROM backup_zones');
      await transaction.query('INSERT INTO zone_journal OVERRIDING SYSTEM VALUE SELECT * FROM backup_journal');
    });
    await eventually(async () => (await served(server, 'lost')) === undefined, 8000);
    expect(await served(server, 'kept')).toBeDefined();
    expect(isSerialAfter(zoneOf(server).serial!, published)).toBe(true);
    await eventually(hasSettled, 5000);
  });

  it('start with a higher serial than any that was published before the restore', async () => {
    const before = await start();
    const backup = await before.get(ZoneJournal).serialOf(ZONE);
    for (let count = 0; count < 300; count += 1) await put(before, 'lost', String(count));
    const published = zoneOf(before).serial!;
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    await database.dataSource.query('UPDATE zones SET serial = $2 WHERE name = $1', [ZONE, backup]);
    await database.dataSource.query('DELETE FROM zone_journal');
    const after = await start();
    expect(isSerialAfter(zoneOf(after).serial!, published)).toBe(true);
  });

  it('answer from memory while the database is away, refuse changes, and go on when it is back', async () => {
    const server = await start();
    await put(server, 'there', 'x');
    await database.interrupt();
    try {
      for (let count = 0; count < 3; count += 1) {
        expect(await served(server, 'there')).toBe(`there.${ZONE}. 60 IN TXT "x"`);
        await expect(put(server, 'there', 'y')).rejects.toMatchObject({ code: 'unavailable' });
      }
    } finally {
      await database.restore();
    }
    await eventually(
      () =>
        put(server, 'there', 'z').then(
          () => true,
          () => false,
        ),
      10_000,
    );
    expect(await served(server, 'there')).toBe(`there.${ZONE}. 60 IN TXT "z"`);
    const second = await start();
    await put(second, 'later', 'x');
    await eventually(async () => (await served(server, 'later')) !== undefined, 5000);
  });
});
