import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import type { JoinedWriter } from '../../platform/database/joined-write.js';
import { deviceEvent } from '../device-event.js';
import { recordEvents } from '../../platform/events/record-events.js';

export interface NewDevice {
  readonly deviceId: string;
  readonly label: string;
  readonly zone: string;
  readonly name: string;
  readonly hardwareId: string | null;
  readonly addresses: readonly string[];
  readonly group: string | null;
  readonly enrollmentKeyId: string;
  readonly tokenHash: Buffer;
  readonly now: Date;
}

/** Writes a device, its credential and the use of its enrollment key: all of it, or none. */
@Injectable()
export class EnrollmentWriter implements JoinedWriter<NewDevice> {
  async write(transaction: EntityManager, devices: readonly NewDevice[]): Promise<(DomainError | undefined)[]> {
    const results: (DomainError | undefined)[] = [];
    for (const device of devices) results.push(await this.enroll(transaction, device));
    return results;
  }

  private async enroll(transaction: EntityManager, device: NewDevice): Promise<DomainError | undefined> {
    const inserted: unknown[] = await transaction.query(
      `INSERT INTO devices (id, label, zone, name, state, hardware_id, addresses, group_name, enrollment_key_id, enrolled_at, addresses_changed_at)
       VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8, $9, $9)
       ON CONFLICT DO NOTHING RETURNING id`,
      [
        device.deviceId,
        device.label,
        device.zone,
        device.name,
        device.hardwareId,
        device.addresses,
        device.group,
        device.enrollmentKeyId,
        device.now,
      ],
    );
    if (inserted.length === 0) {
      return new DomainError(
        'hardware_id_enrolled',
        'A device with this hardwareId is enrolled. If it lost its credential or was replaced, ask the operator to delete the old device, then enroll again.',
      );
    }
    // The key may have been used up or revoked since it was looked up: the row decides, under its lock.
    const [used]: [unknown[], number] = await transaction.query(
      `UPDATE enrollment_keys SET uses = uses + 1
        WHERE id = $1 AND revoked_at IS NULL AND (max_uses IS NULL OR uses < max_uses) AND (expires_at IS NULL OR expires_at > $2)
        RETURNING id`,
      [device.enrollmentKeyId, device.now],
    );
    if (used.length === 0) {
      await transaction.query(`DELETE FROM devices WHERE id = $1`, [device.deviceId]);
      return new DomainError(
        'enrollment_key_invalid',
        "The enrollment key is used up. Ask the fleet's operator for a new one.",
      );
    }
    await transaction.query(`INSERT INTO device_tokens (token_hash, device_id, created_at) VALUES ($1, $2, $3)`, [
      device.tokenHash,
      device.deviceId,
      device.now,
    ]);
    await recordEvents(transaction, [deviceEvent('device.enrolled', device, device.now)]);
    return undefined;
  }
}
