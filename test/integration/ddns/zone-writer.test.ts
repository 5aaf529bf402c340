import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { mustWireName, type WireName } from '../../../src/ddns/domain/name.js';
import { TYPE } from '../../../src/ddns/domain/rr-type.js';
import { isSerialAfter, MAX_SECONDS_AHEAD, secondsAhead } from '../../../src/ddns/domain/serial.js';
import { FIXED } from '../../../src/ddns/domain/stored-rrset.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import type { ZoneChange } from '../../../src/ddns/store/zone-change.js';
import { txtRdata } from '../../../src/ddns/wire/character-strings.js';
import { DomainError } from '../../../src/kernel/errors.js';
import type { JoinedWriter } from '../../../src/platform/database/joined-write.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { ask } from './ask.js';
import { startDdns, ZONE, type DdnsServer } from './ddns-server.js';
import { watchStatements } from '../../support/watch-statements.js';

const named = (label: string): WireName => mustWireName(`${label}.${ZONE}`);

/** Sets the TXT record of a name to one text. */
function setText(label: string, text: string, write?: ZoneChange['write']): ZoneChange {
  const name = named(label);
  return {
    zone: ZONE,
    scope: { names: [name] },
    edit: (zone) => zone.put(name, TYPE.TXT, 60, [{ rdata: txtRdata(text), owner: FIXED }]),
    ...(write && { write }),
  };
}

/** Writes a line into a table of the test's own; refuses or breaks where the line says so. */
const lines: JoinedWriter<string> & { calls: number } = {
  calls: 0,
  async write(transaction, items) {
    lines.calls += 1;
    if (items.includes('dies')) await transaction.query('SELECT pg_terminate_backend(pg_backend_pid())');
    if (items.includes('breaks')) throw new Error('out of order');
    const kept = items.filter((item) => item !== 'refused');
    await transaction.query('INSERT INTO lines SELECT unnest($1::text[])', [kept]);
    return items.map((item) => (item === 'refused' ? new DomainError('conflict', 'refused') : undefined));
  },
};

const LOCK_LINES = { name: 'lock-lines', text: 'SELECT line FROM lines FOR UPDATE' };
const WRITE_LINES = { name: 'write-lines', text: 'INSERT INTO lines SELECT unnest($1::text[])' };

/** Does the same, and knows beforehand what it refuses. */
const locking: JoinedWriter<string> = {
  ...lines,
  async lock(items, pipeline) {
    await pipeline.send(LOCK_LINES, []);
    return {
      refusals: items.map((item) => (item === 'refused' ? new DomainError('conflict', 'refused') : undefined)),
      write: (positions) => {
        const kept = positions.map((position) => items[position]);
        if (kept.includes('cannot be sent')) throw new Error('cannot be sent');
        return pipeline.send(WRITE_LINES, [kept]);
      },
    };
  },
};

function lockAndJoin(item: string): NonNullable<ZoneChange['write']> {
  return { writer: locking as JoinedWriter<unknown>, item };
}

function join(item: string): NonNullable<ZoneChange['write']> {
  return { writer: lines as JoinedWriter<unknown>, item };
}

function line(label: string, value: string): string {
  return `${label}.${ZONE}. 60 IN TXT "${value}"`;
}

describeOnEachDatabase('the zone writer', (database) => {
  let server: DdnsServer;
  beforeAll(async () => {
    await database.dataSource.query('CREATE TABLE lines (line text PRIMARY KEY)');
    server = await startDdns(database.url);
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    lines.calls = 0;
  });

  const serial = (): number => server.served.zone(ZONE)!.serial!;
  const text = async (label: string): Promise<string[]> => (await ask(server.port, `${label}.${ZONE}`, 'TXT')).answers;
  const linesWritten = async (): Promise<string[]> => {
    const rows: { line: string }[] = await database.dataSource.query('SELECT line FROM lines ORDER BY line');
    return rows.map((row) => row.line);
  };
  const journalRows = async (): Promise<number> => {
    const rows: { count: string }[] = await database.dataSource.query('SELECT count(*) FROM zone_journal');
    return Number(rows[0]!.count);
  };

  it('serves a change when its promise resolves, with a higher serial', async () => {
    const before = serial();
    const committed = await server.writer.commit(setText('a', 'one'));
    expect(await text('a')).toEqual([line('a', 'one')]);
    expect(isSerialAfter(committed.serial, before)).toBe(true);
    expect(serial()).toBe(committed.serial);
  });

  it('gives changes that arrive together one serial, one journal row and one call of their writer', async () => {
    const rows = await journalRows();
    const commits = await Promise.all(
      Array.from({ length: 50 }, (_, index) => server.writer.commit(setText(`t${index}`, 'x', join(`t${index}`)))),
    );
    expect(new Set(commits.map((commit) => commit.serial)).size).toBe(1);
    expect(await journalRows()).toBe(rows + 1);
    expect(lines.calls).toBe(1);
    expect(await text('t49')).toEqual([line('t49', 'x')]);
  });

  it('never lets serials run further ahead of the time than a restart makes up for', async () => {
    const ahead: number[] = [];
    for (let count = 0; count < 200; count += 1) {
      const committed = await server.writer.commit(setText('fast', String(count)));
      ahead.push(secondsAhead(committed.serial, new Date()));
    }
    expect(Math.max(...ahead)).toBeLessThanOrEqual(MAX_SECONDS_AHEAD);
  });

  it('sends a change in three round trips: what reads, what writes, and the commit', async () => {
    const watch = watchStatements();
    try {
      await server.writer.commit(setText('trips', 'x', join('trips')));
    } finally {
      watch.restore();
    }
    expect(watch.ofTransaction()).toEqual([
      'begin',
      'set-planning',
      'lock-zones',
      'rrsets-by-names',
      'answer',
      'write-zones',
      'without a name',
      'answer',
      'commit',
      'answer',
    ]);
  });

  it('sends a change that nothing can refuse any more in two: the commit goes out with the writes', async () => {
    const watch = watchStatements();
    try {
      await server.writer.commit(setText('certain', 'x', lockAndJoin('certain')));
    } finally {
      watch.restore();
    }
    expect(watch.ofTransaction()).toEqual([
      'begin',
      'set-planning',
      'lock-zones',
      LOCK_LINES.name,
      'rrsets-by-names',
      'answer',
      'write-zones',
      WRITE_LINES.name,
      'commit',
      'answer',
    ]);
    expect(await text('certain')).toEqual([line('certain', 'x')]);
  });

  /** Makes two changes, the second handed in while the first is under way. @returns what happened, in order. */
  const oneAfterTheOther = async (meanwhile: () => void = () => undefined): Promise<readonly string[]> => {
    const order: string[] = [];
    const told: Promise<unknown>[] = [];
    const change = (label: string): void =>
      void told.push(server.writer.commit(setText(label, randomUUID())).then(() => order.push(`told ${label}`)));
    const watch = watchStatements((what) => {
      if (what !== 'begin' && what !== 'commit') return;
      order.push(what);
      if (told.length > 1) return;
      change('second');
      meanwhile();
    });
    try {
      // The changes of a moment ago may have brought the serial so far ahead of the time that the writer would pause.
      while (secondsAhead(serial(), new Date()) > 0) await sleep(5);
      change('first');
      while (told.length < 2) await sleep(1);
      await server.writer.drain();
      order.push('drained');
      await Promise.all(told);
    } finally {
      watch.restore();
    }
    return order;
  };

  it('has sent the next transaction before it tells the callers of the one before', async () => {
    const order = ['begin', 'commit', 'begin', 'told first', 'commit', 'told second', 'drained'];
    expect(await oneAfterTheOther()).toEqual(order);
  });

  it('tells the callers of the one before at once when it makes a pause', async () => {
    const counters = server.get(DnsCounters);
    const order = ['begin', 'commit', 'told first', 'begin', 'commit', 'told second', 'drained'];
    expect(await oneAfterTheOther(() => void (counters.udpQueries += 1_000_000))).toEqual(order);
  });

  it('drops a change that a locking writer refuses, and makes the others', async () => {
    const [kept, refused] = await Promise.allSettled([
      server.writer.commit(setText('lock-kept', 'x', lockAndJoin('lock-kept'))),
      server.writer.commit(setText('lock-refused', 'x', lockAndJoin('refused'))),
    ]);
    expect(kept.status).toBe('fulfilled');
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } });
    expect([await text('lock-kept'), await text('lock-refused')]).toEqual([[line('lock-kept', 'x')], []]);
    expect(await linesWritten()).toContain('lock-kept');
  });

  it('does not commit when a locking writer cannot send what it has to write', async () => {
    const before = await journalRows();
    const failing = server.writer.commit(setText('lock-unsent', 'x', lockAndJoin('cannot be sent')));
    await expect(failing).rejects.toThrow('cannot be sent');
    expect(await text('lock-unsent')).toEqual([]);
    expect(await journalRows()).toBe(before);
  });

  it('leaves nothing behind when a write fails whose commit is out already', async () => {
    const before = await journalRows();
    await server.writer.commit(setText('lock-once', 'x', lockAndJoin('lock-once')));
    const again = server.writer.commit(setText('lock-twice', 'x', lockAndJoin('lock-once')));
    await expect(again).rejects.toThrow('duplicate key');
    expect(await text('lock-twice')).toEqual([]);
    expect(await journalRows()).toBe(before + 1);
  });

  it('pauses before transactions while queries are many, so that changes share them', async () => {
    const counters = server.get(DnsCounters);
    const begin = performance.now();
    const pending: Promise<{ readonly serial: number }>[] = [];
    for (let index = 0; index < 40; index += 1) {
      counters.udpQueries += 1_000;
      pending.push(server.writer.commit(setText(`busy${index}`, 'x')));
      await sleep(2);
    }
    const serials = new Set((await Promise.all(pending)).map((committed) => committed.serial));
    expect(serials.size).toBeLessThan(3 + (performance.now() - begin) / 20);
  });

  it('lets changes that arrive during a transaction share the next one', async () => {
    const rows = await journalRows();
    const first = server.writer.commit(setText('during', '0'));
    await sleep(0);
    await new Promise(setImmediate);
    const others = Array.from({ length: 30 }, (_, index) => server.writer.commit(setText(`during${index}`, '1')));
    await Promise.all([first, ...others]);
    expect((await journalRows()) - rows).toBeLessThanOrEqual(3);
  });

  it('writes nothing and keeps the serial when nothing is different, but makes the joined write', async () => {
    await server.writer.commit(setText('same', 'x'));
    const before = [serial(), await journalRows()];
    expect(await server.writer.commit(setText('same', 'x', join('same')))).toMatchObject({ changed: false });
    expect([serial(), await journalRows()]).toEqual(before);
    expect(await linesWritten()).toContain('same');
  });

  it('drops a change whose edit refuses, with its joined write, and makes the others', async () => {
    const refusing: ZoneChange = {
      ...setText('r1', 'x', join('r1')),
      edit: () => {
        throw new DomainError('record_rejected', 'not so');
      },
    };
    const results = await Promise.allSettled([
      server.writer.commit(setText('r0', 'x', join('r0'))),
      server.writer.commit(refusing),
      server.writer.commit(setText('r2', 'x', join('r2'))),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await linesWritten()).toEqual(expect.arrayContaining(['r0', 'r2']));
    expect(await linesWritten()).not.toContain('r1');
    expect([await text('r0'), await text('r1'), await text('r2')]).toEqual([[line('r0', 'x')], [], [line('r2', 'x')]]);
  });

  it('drops a change whose joined write refuses, and makes the others', async () => {
    const results = await Promise.allSettled([
      server.writer.commit(setText('j0', 'x', join('j0'))),
      server.writer.commit(setText('j1', 'x', join('refused'))),
      server.writer.commit(setText('j2', 'x', join('j2'))),
    ]);
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } });
    expect([await text('j0'), await text('j1'), await text('j2')]).toEqual([[line('j0', 'x')], [], [line('j2', 'x')]]);
  });

  it('fails only the change whose joined write breaks the transaction', async () => {
    await server.writer.commit(setText('b', 'x', join('taken')));
    const results = await Promise.allSettled([
      server.writer.commit(setText('b0', 'x', join('b0'))),
      server.writer.commit(setText('b1', 'x', join('taken'))),
      server.writer.commit(setText('b2', 'x', join('breaks'))),
      server.writer.commit(setText('b3', 'x', join('b3'))),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await linesWritten()).toEqual(expect.arrayContaining(['b0', 'b3']));
    expect([await text('b0'), await text('b1'), await text('b2'), await text('b3')]).toEqual([
      [line('b0', 'x')],
      [],
      [],
      [line('b3', 'x')],
    ]);
  });

  it('judges a change anew when one that it built on is refused', async () => {
    const name = named('base');
    const building: ZoneChange = {
      zone: ZONE,
      scope: { names: [name] },
      edit: (zone) => {
        if (!zone.find(name, TYPE.TXT)) throw new DomainError('not_found', 'nothing to build on');
        zone.put(name, TYPE.TXT, 60, [{ rdata: txtRdata('built'), owner: FIXED }]);
      },
      write: join('built'),
    };
    const results = await Promise.allSettled([
      server.writer.commit(setText('base', 'x', join('refused'))),
      server.writer.commit(building),
      server.writer.commit(setText('bystander', 'x', join('bystander'))),
    ]);
    expect(results).toMatchObject([
      { reason: { code: 'conflict' } },
      { reason: { code: 'not_found' } },
      { status: 'fulfilled' },
    ]);
    expect(await linesWritten()).not.toContain('built');
    expect([await text('base'), await text('bystander')]).toEqual([[], [line('bystander', 'x')]]);
  });

  it('refuses a zone that does not exist', async () => {
    const change = server.writer.commit({ zone: 'other.test', scope: {}, edit: () => undefined });
    await expect(change).rejects.toMatchObject({ code: 'unknown_zone' });
  });

  it('leaves no trace of a transaction whose connection dies before the commit', async () => {
    const before = [serial(), await journalRows()];
    const change = server.writer.commit(setText('dead', 'x', join('dies')));
    await expect(change).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 });
    expect([serial(), await journalRows()]).toEqual(before);
    expect(await text('dead')).toEqual([]);
    await server.writer.commit(setText('alive', 'x'));
    expect(await text('alive')).toEqual([line('alive', 'x')]);
  });

  it('refuses an edit outside its scope as the mistake that it is', async () => {
    const change = server.writer.commit({
      zone: ZONE,
      scope: { names: [named('here')] },
      edit: (zone) => zone.remove(named('there'), TYPE.TXT),
    });
    await expect(change).rejects.toThrow('did not name in its scope');
  });

  it('reads and writes names with every kind of octet', async () => {
    const label = String.fromCharCode(5, 0, 0x2e, 0x5c, 0x22, 0xff);
    const name = label + mustWireName(ZONE);
    const change = (value: string): ZoneChange => ({
      zone: ZONE,
      scope: { subtrees: [name] },
      edit: (zone) => {
        for (const rrset of zone.atOrBelow(name)) zone.remove(rrset.name, rrset.type);
        if (value !== '') zone.put(name, TYPE.TXT, 60, [{ rdata: txtRdata(value), owner: FIXED }]);
      },
    });
    await server.writer.commit(change('one'));
    await server.writer.commit(change('two'));
    expect(server.served.zone(ZONE)!.node(name)?.find(TYPE.TXT)?.rdatas()).toEqual([txtRdata('two')]);
    await server.served.load(ZONE);
    expect(server.served.zone(ZONE)!.node(name)?.find(TYPE.TXT)?.rdatas()).toEqual([txtRdata('two')]);
    await server.writer.commit(change(''));
    expect(server.served.zone(ZONE)!.node(name)).toBeUndefined();
  });
});
