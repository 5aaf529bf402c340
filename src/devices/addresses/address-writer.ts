import { Injectable } from '@nestjs/common';
import { DomainError } from '../../kernel/errors.js';
import type { JoinedTransaction, JoinedWriter } from '../../platform/database/joined-write.js';
import { type ChangedAddresses, recordAddressChanges, TOLD_LATELY } from './address-events.js';

export interface AddressChange {
  readonly deviceId: string;
  readonly addresses: readonly string[];
  readonly now: Date;
}

/** Writes the addresses of all devices whose updates share a transaction, in one statement. */
@Injectable()
export class AddressWriter implements JoinedWriter<AddressChange> {
  async write(transaction: JoinedTransaction, changes: readonly AddressChange[]): Promise<(DomainError | undefined)[]> {
    // A device may be in the batch twice; UPDATE … FROM would pick either row, the later one is right.
    const latest = new Map(changes.map((change) => [change.deviceId, change]));
    const rows = [...latest.values()].map(({ deviceId, addresses, now }) => ({
      id: deviceId,
      addresses,
      at: now.toISOString(),
    }));
    const updated = await transaction.query<ChangedAddresses[]>(
      `WITH updated AS (
         UPDATE devices SET addresses = change.addresses, addresses_changed_at = change.at
           FROM jsonb_to_recordset($1::jsonb) AS change (id uuid, addresses text[], at timestamptz)
          WHERE devices.id = change.id AND devices.state = 'active'
          RETURNING devices.id, devices.name, devices.addresses, devices.addresses_changed_at AS at
       )
       SELECT id, name, addresses, at, ${TOLD_LATELY} AS "wasToldLately" FROM updated`,
      [JSON.stringify(rows)],
    );
    await recordAddressChanges(transaction, updated);
    const written = new Set(updated.map(({ id }) => id));
    return changes.map(({ deviceId }) =>
      written.has(deviceId)
        ? undefined
        : new DomainError('device_suspended', 'The device was suspended or deleted; its addresses cannot change.'),
    );
  }
}
