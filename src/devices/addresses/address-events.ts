import type { EntityManager } from 'typeorm';

import { recordEvents } from '../../platform/events/record-events.js';
import { deviceEvent } from '../device-event.js';

/** A device's addresses as they were just written. */
export interface ChangedAddresses {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly at: Date;
}

/** A device whose addresses change all the time is told of once in so long. */
const COALESCE_MINUTES = 10;

/** Records changes of addresses, in the transaction that makes them. */
export async function recordAddressChanges(
  transaction: EntityManager,
  changes: readonly ChangedAddresses[],
): Promise<void> {
  if (changes.length === 0) return;
  const told = await transaction.query<{ id: string }[]>(
    `SELECT change.id FROM unnest($1::text[], $2::timestamptz[]) AS change (id, at)
      WHERE EXISTS (SELECT 1 FROM events e
                     WHERE e.subject_kind = 'device' AND e.subject_id = change.id AND e.type = 'device.addresses_changed'
                       AND e.created_at > change.at - ${COALESCE_MINUTES} * interval '1 minute')`,
    [changes.map(({ id }) => id), changes.map(({ at }) => at)],
  );
  const quiet = new Set(told.map(({ id }) => id));
  await recordEvents(
    transaction,
    changes
      .filter(({ id }) => !quiet.has(id))
      .map(({ id, name, addresses, at }) =>
        deviceEvent('device.addresses_changed', { deviceId: id, name }, at, { addresses }),
      ),
  );
}
