import { Injectable } from '@nestjs/common';
import { DomainError } from '../../kernel/errors.js';
import type { JoinedTransaction, JoinedWriter } from '../../platform/database/joined-write.js';
import { DeviceChangedError, type DeviceNamesSeen } from '../device-changed.js';
import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import { type ChangedAddresses, recordAddressChanges, TOLD_LATELY } from './address-events.js';

export interface AddressChange {
  readonly deviceId: string;
  readonly addresses: readonly string[];
  readonly now: Date;
  /** The names that the zone's records were made for; when the device has others by now, the change is refused. */
  readonly names?: DeviceNamesSeen;
}

const UPDATE_ADDRESSES = {
  name: 'update-addresses',
  text: `
    WITH updated AS (
      UPDATE devices SET addresses = change.addresses, addresses_changed_at = change.at
        FROM jsonb_to_recordset($1::jsonb)
          AS change (id uuid, addresses text[], at timestamptz, wildcard boolean, aliases text[])
       WHERE devices.id = change.id AND devices.state = 'active'
         AND (change.wildcard IS NULL OR devices.wildcard = change.wildcard)
         AND (change.aliases IS NULL OR devices.aliases = change.aliases)
       RETURNING devices.id, devices.name, devices.addresses, devices.addresses_changed_at AS at
    )
    SELECT id, name, addresses, at, ${TOLD_LATELY} AS "wasToldLately" FROM updated`,
};

/** Writes the addresses of all devices whose updates share a transaction, in one statement. */
@Injectable()
export class AddressWriter implements JoinedWriter<AddressChange> {
  async write(
    transaction: JoinedTransaction,
    changes: readonly AddressChange[],
    pipeline: PipelinedTransaction,
  ): Promise<(DomainError | undefined)[]> {
    // A device may be in the batch twice; UPDATE … FROM would pick either row, the later one is right.
    const latest = new Map(changes.map((change) => [change.deviceId, change]));
    const rows = [...latest.values()].map(({ deviceId, addresses, now, names }) => ({
      id: deviceId,
      addresses,
      at: now.toISOString(),
      wildcard: names?.wildcard,
      aliases: names?.aliases,
    }));
    const updated = await pipeline.send<ChangedAddresses>(UPDATE_ADDRESSES, [JSON.stringify(rows)]);
    await recordAddressChanges(transaction, updated);
    const written = new Set(updated.map(({ id }) => id));
    const active = await this.#active(
      transaction,
      changes.map(({ deviceId }) => deviceId).filter((id) => !written.has(id)),
    );
    return changes.map(({ deviceId }) => {
      if (written.has(deviceId)) return undefined;
      if (active.has(deviceId)) return new DeviceChangedError();
      return new DomainError('device_suspended', 'The device was suspended or deleted; its addresses cannot change.');
    });
  }

  async #active(transaction: JoinedTransaction, deviceIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (deviceIds.length === 0) return new Set();
    const rows = await transaction.query<{ id: string }[]>(
      `SELECT id FROM devices WHERE id = ANY ($1::uuid[]) AND state = 'active'`,
      [deviceIds],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
