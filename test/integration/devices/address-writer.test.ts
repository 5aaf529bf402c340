import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import { type AddressChange, AddressWriter } from '../../../src/devices/addresses/address-writer.js';
import { DeviceChangedError } from '../../../src/devices/device-changed.js';
import type { DomainError } from '../../../src/kernel/errors.js';
import {
  type PipelinedTransaction,
  pipelinedTransaction,
} from '../../../src/platform/database/pipelined-transaction.js';
import { withDatabase } from '../../support/database.js';

const database = withDatabase();
const writer = new AddressWriter();
const NOW = new Date('2027-01-01T00:00:00Z');
let deviceId: string;

beforeEach(async () => {
  deviceId = await aDevice('active');
});

async function aDevice(state: string): Promise<string> {
  const id = randomUUID();
  await database.dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, wildcard, aliases, enrolled_at)
     VALUES ($1, $2, 'fleet.test', $2 || '.fleet.test', $3, '{10.0.0.1}', true, '{nas}', $4)`,
    [id, id, state, NOW],
  );
  return id;
}

type Change = Omit<AddressChange, 'now'> & Partial<Pick<AddressChange, 'now'>>;

function write(...changes: Change[]): Promise<readonly (DomainError | undefined)[]> {
  return pipelinedTransaction(database.dataSource, (pipeline) =>
    writer.write(
      pipeline.manager,
      changes.map((change) => ({ now: NOW, ...change })),
      pipeline,
    ),
  );
}

/** How many rows of events this connection has read; what earlier transactions read may still be among them. */
async function eventsRead(pipeline: PipelinedTransaction): Promise<number> {
  const text = `SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS rows
                  FROM pg_stat_xact_user_tables WHERE relname = 'events'`;
  const [read] = await pipeline.send<{ rows: number }>({ name: 'events-read', text }, []);
  return read!.rows;
}

async function addresses(id = deviceId): Promise<string[]> {
  const rows = await database.dataSource.query<{ addresses: string[] }[]>(
    'SELECT addresses FROM devices WHERE id = $1',
    [id],
  );
  return rows[0]!.addresses;
}

describe('a change of addresses', () => {
  it('is written for the names that the records were made for', async () => {
    const names = { wildcard: true, aliases: ['nas'] };
    expect(await write({ deviceId, addresses: ['10.0.0.2'], names })).toEqual([undefined]);
    expect(await addresses()).toEqual(['10.0.0.2']);
  });

  it.each([
    ['the wildcard was switched', { wildcard: false, aliases: ['nas'] }],
    ['an alias came', { wildcard: true, aliases: [] }],
    ['an alias went', { wildcard: true, aliases: ['nas', 'web'] }],
  ])('is to be made again when %s meanwhile, and nothing is written', async (_what, names) => {
    const [refusal] = await write({ deviceId, addresses: ['10.0.0.2'], names });
    expect(refusal).toBeInstanceOf(DeviceChangedError);
    expect(await addresses()).toEqual(['10.0.0.1']);
  });

  it.each(['suspended', 'deleted'])(
    'of a %s device is refused, and that of another one beside it made',
    async (state) => {
      const other = await aDevice(state);
      const outcomes = await write({ deviceId: other, addresses: ['10.0.0.3'] }, { deviceId, addresses: ['10.0.0.3'] });
      expect(outcomes).toMatchObject([{ code: 'device_suspended' }, undefined]);
      expect([await addresses(other), await addresses()]).toEqual([['10.0.0.1'], ['10.0.0.3']]);
    },
  );

  it('twice in one transaction ends with the later one', async () => {
    await write({ deviceId, addresses: ['10.0.0.4'] }, { deviceId, addresses: ['10.0.0.5'] });
    expect(await addresses()).toEqual(['10.0.0.5']);
  });

  it('is told of once in ten minutes', async () => {
    const minutes = [0, 5, 9.9, 10, 12, 19.9, 20, 20];
    for (const [index, minute] of minutes.entries()) {
      const now = new Date(NOW.getTime() + minute * 60_000);
      await write({ deviceId, addresses: [`10.0.1.${index}`], now });
    }
    const rows = await database.dataSource.query<{ type: string; data: unknown }[]>(
      'SELECT type, data FROM events WHERE subject_id = $1 ORDER BY id',
      [deviceId],
    );
    expect(rows).toEqual(
      [0, 3, 6].map((index) => ({ type: 'device.addresses_changed', data: { addresses: [`10.0.1.${index}`] } })),
    );
  });

  it('costs no more for a device with many events', async () => {
    await database.dataSource.query(
      `INSERT INTO events (type, severity, subject_kind, subject_id, message, data, created_at)
         SELECT 'device.addresses_changed', 'info', 'device', $1, '', '{}', $2::timestamptz - n * interval '1 hour'
           FROM generate_series(1, 500) n`,
      [deviceId, NOW],
    );
    const [before, after] = await pipelinedTransaction(database.dataSource, async (pipeline) => {
      const first = await eventsRead(pipeline);
      await writer.lock([{ deviceId, addresses: ['10.0.2.1'], now: NOW }], pipeline);
      return [first, await eventsRead(pipeline)];
    });
    expect(after).toBe(before);
  });
});
