import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import { type AddressChange, AddressWriter } from '../../../src/devices/addresses/address-writer.js';
import { DeviceChangedError } from '../../../src/devices/device-changed.js';
import type { DomainError } from '../../../src/kernel/errors.js';
import { pipelinedTransaction } from '../../../src/platform/database/pipelined-transaction.js';
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

function write(...changes: Omit<AddressChange, 'now'>[]): Promise<readonly (DomainError | undefined)[]> {
  return pipelinedTransaction(database.dataSource, (pipeline) =>
    writer.write(
      pipeline.manager,
      changes.map((change) => ({ ...change, now: NOW })),
      pipeline,
    ),
  );
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
    for (const last of [6, 7, 8]) await write({ deviceId, addresses: [`10.0.0.${last}`] });
    const rows = await database.dataSource.query<{ type: string }[]>('SELECT type FROM events WHERE subject_id = $1', [
      deviceId,
    ]);
    expect(rows).toEqual([{ type: 'device.addresses_changed' }]);
  });
});
