import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from 'vitest';

import { LastSeen } from '../../../src/devices/auth/last-seen.js';
import { describeOnEachDatabase } from '../../support/database.js';

const SEEN = new Date('2026-11-20T12:00:00Z');

describeOnEachDatabase('the time that a device was last seen', (database) => {
  let lastSeen: LastSeen;
  beforeAll(() => {
    lastSeen = new LastSeen(database.dataSource);
  });

  const newDevices = async (count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => randomUUID());
    await database.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
       SELECT id, id::text, 'd.example.com', id || '.d.example.com', 'active', '{}', '2026-11-01' FROM unnest($1::uuid[]) AS id`,
      [ids],
    );
    return ids;
  };
  const written = async (ids: readonly string[]): Promise<(Date | null)[]> => {
    const rows: { id: string; at: Date | null }[] = await database.dataSource.query(
      `SELECT id, last_seen_at AS at FROM devices WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    return ids.map((id) => rows.find((row) => row.id === id)!.at);
  };

  it('is written for all that were seen, many or few', async () => {
    const ids = await newDevices(120);
    for (const id of ids) lastSeen.note(id, SEEN);
    await lastSeen.flush();
    expect(await written(ids)).toEqual(ids.map(() => SEEN));
    expect(lastSeen.pending(ids[0]!)).toBeUndefined();
  });

  it('never goes back', async () => {
    const [id] = (await newDevices(1)) as [string];
    for (const at of [SEEN, new Date(SEEN.getTime() - 60_000)]) {
      lastSeen.note(id, at);
      await lastSeen.flush();
    }
    expect(await written([id])).toEqual([SEEN]);
  });

  it('of a device that is being changed is written later, and holds up nobody', async () => {
    const [changing, other] = (await newDevices(2)) as [string, string];
    lastSeen.note(changing, SEEN);
    lastSeen.note(other, SEEN);
    await database.dataSource.transaction(async (transaction) => {
      await transaction.query(`UPDATE devices SET note = 'changing' WHERE id = $1`, [changing]);
      await lastSeen.flush();
      expect(await written([changing, other])).toEqual([null, SEEN]);
      expect(lastSeen.pending(changing)).toEqual(SEEN);
    });
    await lastSeen.flush();
    expect(await written([changing])).toEqual([SEEN]);
  });

  it('is written to the end when the server stops meanwhile', async () => {
    const ending = new LastSeen(database.dataSource);
    const [late, ...ids] = (await newDevices(120)) as [string, ...string[]];
    for (const id of ids) ending.note(id, SEEN);
    const underWay = ending.flush();
    ending.note(late, SEEN);
    await ending.beforeApplicationShutdown();
    await underWay;
    expect(await written([late, ...ids])).toEqual([late, ...ids].map(() => SEEN));
  });

  it('is kept while the database does not take it', async () => {
    const [id] = (await newDevices(1)) as [string];
    await database.dataSource.query(`ALTER TABLE devices RENAME COLUMN last_seen_at TO gone`);
    lastSeen.note(id, SEEN);
    await lastSeen.flush();
    expect(lastSeen.pending(id)).toEqual(SEEN);
    await database.dataSource.query(`ALTER TABLE devices RENAME COLUMN gone TO last_seen_at`);
    await lastSeen.flush();
    expect(await written([id])).toEqual([SEEN]);
  });
});
