import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/errors.js';
import { joinedWrite, type JoinedWriter } from '../platform/database/joined-write.js';
import { recordEvents } from '../platform/events/record-events.js';
import { deviceEvent } from './device-event.js';
import { NamePublisher } from './ports/name-publisher.js';

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

interface Deletion extends DeletionOptions {
  readonly deviceId: string;
  readonly now: Date;
}

/** Ends the credential and marks the row; the row stays, so that the name is never given out again. */
class DeletionWriter implements JoinedWriter<Deletion> {
  async write(transaction: EntityManager, deletions: readonly Deletion[]): Promise<(DomainError | undefined)[]> {
    const ids = deletions.map(({ deviceId }) => deviceId);
    await transaction.query(`DELETE FROM device_tokens WHERE device_id = ANY ($1::uuid[])`, [ids]);
    const now = deletions[0]?.now ?? new Date(0);
    const [deleted]: [{ deviceId: string; name: string }[], number] = await transaction.query(
      `UPDATE devices SET state = 'deleted', deleted_at = $2, addresses = '{}', revoke_certificates = id = ANY ($3::uuid[])
        WHERE id = ANY ($1::uuid[]) AND state <> 'deleted' RETURNING id AS "deviceId", name`,
      [ids, now, deletions.filter(({ revokeCertificates }) => revokeCertificates).map(({ deviceId }) => deviceId)],
    );
    for (const { deviceId, parts = [] } of deletions) {
      for (const part of parts) await part(transaction, { deviceId, now });
    }
    await recordEvents(
      transaction,
      deleted.map((device) => deviceEvent('device.deleted', device, now)),
    );
    return deletions.map(() => undefined);
  }
}

interface WildcardChange {
  readonly deviceId: string;
  readonly wildcard: boolean;
}

class WildcardWriter implements JoinedWriter<WildcardChange> {
  async write(transaction: EntityManager, changes: readonly WildcardChange[]): Promise<(DomainError | undefined)[]> {
    for (const { deviceId, wildcard } of changes) {
      await transaction.query(`UPDATE devices SET wildcard = $2 WHERE id = $1`, [deviceId, wildcard]);
    }
    return changes.map(() => undefined);
  }
}

/** What an operator may set on a device; absent fields stay as they are. */
export interface DeviceAttributes {
  readonly note?: string | null;
  readonly group?: string | null;
  readonly wildcard?: boolean;
}

/** What operators do to a device as a whole. */
@Injectable()
export class DeviceLifecycle {
  private readonly logger = new Logger(DeviceLifecycle.name);
  private readonly deletions = new DeletionWriter();
  private readonly wildcards = new WildcardWriter();

  constructor(
    private readonly dataSource: DataSource,
    private readonly names: NamePublisher,
    private readonly clock: Clock,
  ) {}

  /** @returns whether it was not suspended before @throws DomainError `not_found` */
  suspend(deviceId: string): Promise<boolean> {
    return this.setState(deviceId, 'suspended');
  }

  /** @returns whether it was suspended before @throws DomainError `not_found` */
  resume(deviceId: string): Promise<boolean> {
    return this.setState(deviceId, 'active');
  }

  /** Removes the records, ends the credential and does `parts`, all together. @throws DomainError `not_found` */
  async delete(deviceId: string, options: DeletionOptions = {}): Promise<void> {
    const rows: { name: string; zone: string }[] = await this.dataSource.query(
      `SELECT name, zone FROM devices WHERE id = $1 AND state <> 'deleted'`,
      [deviceId],
    );
    const device = rows[0];
    if (!device) throw unknownDevice();
    await this.names.withdraw(
      { deviceId, ...device },
      joinedWrite(this.deletions, { ...options, deviceId, now: this.clock.now() }),
    );
    this.logger.log({ deviceId, name: device.name }, 'device deleted');
  }

  /** With `wildcard` changed, DNS serves it when this resolves. @throws DomainError `not_found` */
  async change(deviceId: string, attributes: DeviceAttributes): Promise<void> {
    const [rows]: [{ name: string; zone: string; addresses: string[]; wildcard: boolean }[], number] =
      await this.dataSource.query(
        `UPDATE devices SET note = CASE WHEN $2 THEN $3 ELSE note END, group_name = CASE WHEN $4 THEN $5 ELSE group_name END
        WHERE id = $1 AND state <> 'deleted' RETURNING name, zone, addresses, wildcard`,
        [
          deviceId,
          attributes.note !== undefined,
          attributes.note ?? null,
          attributes.group !== undefined,
          attributes.group ?? null,
        ],
      );
    const device = rows[0];
    if (!device) throw unknownDevice();
    if (attributes.wildcard !== undefined && attributes.wildcard !== device.wildcard) {
      const { wildcard } = attributes;
      await this.names.publish({ ...device, deviceId, wildcard }, joinedWrite(this.wildcards, { deviceId, wildcard }));
    }
  }

  private async setState(deviceId: string, state: 'active' | 'suspended'): Promise<boolean> {
    const now = this.clock.now();
    const isChanged = await this.dataSource.transaction(async (transaction) => {
      const found: { state: string }[] = await transaction.query(
        `SELECT state FROM devices WHERE id = $1 AND state <> 'deleted' FOR UPDATE`,
        [deviceId],
      );
      if (!found[0]) throw unknownDevice();
      if (found[0].state === state) return false;
      const [updated]: [{ deviceId: string; name: string }[], number] = await transaction.query(
        `UPDATE devices SET state = $2, suspended_at = CASE WHEN $2 = 'suspended' THEN $3::timestamptz END
          WHERE id = $1 RETURNING id AS "deviceId", name`,
        [deviceId, state, now],
      );
      const type = state === 'suspended' ? 'device.suspended' : 'device.resumed';
      await recordEvents(
        transaction,
        updated.map((device) => deviceEvent(type, device, now)),
      );
      return true;
    });
    if (isChanged) this.logger.log({ deviceId, state }, 'device state set');
    return isChanged;
  }
}

function unknownDevice(): DomainError {
  return new DomainError('not_found', 'There is no such device; GET /v1/devices lists them.');
}
