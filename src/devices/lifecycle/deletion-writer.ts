import type { EntityManager } from 'typeorm';

import type { DomainError } from '../../kernel/errors.js';
import type { JoinedWriter } from '../../platform/database/joined-write.js';
import { recordEvents } from '../../platform/events/record-events.js';
import { DeviceChangedError } from '../device-changed.js';
import { deviceEvent } from '../device-event.js';

/** What else ends with a device, in the transaction that deletes it; the device's row is locked by then. */
export type DeletionPart = (
  transaction: EntityManager,
  device: { readonly deviceId: string; readonly now: Date },
) => Promise<void>;

export interface DeletionOptions {
  /** Its certificates are to be revoked, those that are still on their way too. Default false. */
  readonly revokeCertificates?: boolean;
  readonly parts?: readonly DeletionPart[];
}

export interface Deletion extends DeletionOptions {
  readonly deviceId: string;
  /** Those whose records are withdrawn. */
  readonly aliases: readonly string[];
  readonly now: Date;
}

/** Ends the credential and marks the row; the row stays, so that the name is never given out again. */
export class DeletionWriter implements JoinedWriter<Deletion> {
  async write(transaction: EntityManager, deletions: readonly Deletion[]): Promise<(DomainError | undefined)[]> {
    const ids = deletions.map(({ deviceId }) => deviceId);
    await transaction.query(`DELETE FROM device_tokens WHERE device_id = ANY ($1::uuid[])`, [ids]);
    const now = deletions[0]?.now ?? new Date(0);
    const rows = deletions.map(({ deviceId, aliases, revokeCertificates = false }) => ({
      id: deviceId,
      aliases,
      revoke: revokeCertificates,
    }));
    const [deleted]: [{ deviceId: string; name: string }[], number] = await transaction.query(
      `UPDATE devices SET state = 'deleted', deleted_at = $2, addresses = '{}', aliases = '{}', revoke_certificates = deletion.revoke
         FROM jsonb_to_recordset($1::jsonb) AS deletion (id uuid, aliases text[], revoke boolean)
        WHERE devices.id = deletion.id AND devices.aliases = deletion.aliases AND devices.state <> 'deleted'
        RETURNING devices.id AS "deviceId", devices.name`,
      [JSON.stringify(rows), now],
    );
    await transaction.query(
      `UPDATE device_aliases SET removed_at = $2 WHERE device_id = ANY ($1::uuid[]) AND removed_at IS NULL`,
      [deleted.map(({ deviceId }) => deviceId), now],
    );
    for (const { deviceId, parts = [] } of deletions) {
      for (const part of parts) await part(transaction, { deviceId, now });
    }
    await recordEvents(
      transaction,
      deleted.map((device) => deviceEvent('device.deleted', device, now)),
    );
    // Another deletion was first, or the device has other aliases than those that are taken out of the zone.
    const isDeleted = new Set(deleted.map(({ deviceId }) => deviceId));
    return ids.map((id) => (isDeleted.has(id) ? undefined : new DeviceChangedError()));
  }
}
