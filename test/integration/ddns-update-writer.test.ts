import { randomUUID } from 'node:crypto';

import { expect, it } from 'vitest';

import { UpdateWriter } from '../../src/ddns/update/update-writer.js';
import { DeviceChangedError } from '../../src/devices/device-changed.js';
import { pipelinedTransaction } from '../../src/platform/database/pipelined-transaction.js';
import { withDatabase } from '../support/database.js';

const database = withDatabase();

it('of two updates of a device in one transaction, the one with names of before is refused and no other', async () => {
  const deviceId = randomUUID();
  const now = new Date('2027-01-01T00:00:00Z');
  await database.dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, aliases, enrolled_at)
     VALUES ($1, 'nas', 'fleet.test', 'nas.fleet.test', 'active', '{}', '{printer}', $2)`,
    [deviceId, now],
  );
  const update = (aliases: string[]) => ({
    deviceId,
    now,
    addresses: () => ['10.0.0.1'],
    names: { wildcard: false, aliases },
  });
  const stale = expect.any(DeviceChangedError) as unknown;
  for (const [updates, refusals] of [
    [
      [update([]), update(['printer'])],
      [stale, undefined],
    ],
    [
      [update(['printer']), update([])],
      [undefined, stale],
    ],
  ] as const) {
    const answers = await pipelinedTransaction(database.dataSource, (pipeline) =>
      new UpdateWriter().write(pipeline.manager, updates, pipeline),
    );
    expect(answers).toEqual(refusals);
  }
});
