import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/errors.js';
import { joinedWrite } from '../platform/database/joined-write.js';
import { recordEvents } from '../platform/events/record-events.js';
import { onCurrentDevice } from './device-changed.js';
import { deviceEvent } from './device-event.js';
import { admitAliases } from './domain/alias.js';
import { AttributeWriter, type DeviceAttributes } from './lifecycle/attribute-writer.js';
import { type DeletionOptions, DeletionWriter } from './lifecycle/deletion-writer.js';
import { NamePublisher } from './ports/name-publisher.js';

interface DeviceRow {
  readonly name: string;
  readonly zone: string;
  readonly addresses: string[];
  readonly wildcard: boolean;
  readonly aliases: string[];
}

/** What operators do to a device as a whole. */
@Injectable()
export class DeviceLifecycle {
  private readonly logger = new Logger(DeviceLifecycle.name);
  private readonly deletions = new DeletionWriter();
  private readonly attributes = new AttributeWriter();

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
    const device = await onCurrentDevice(async () => {
      const current = await this.current(deviceId);
      const { aliases } = current;
      await this.names.withdraw(
        { deviceId, ...current },
        joinedWrite(this.deletions, { ...options, deviceId, aliases, now: this.clock.now() }),
      );
      return current;
    });
    this.logger.log({ deviceId, name: device.name }, 'device deleted');
  }

  /**
   * All of it, or nothing. With `wildcard` or `aliases` changed, DNS serves them when this resolves.
   * @throws DomainError `not_found`; `invalid_request` and `conflict` for an alias that the device cannot have
   */
  change(deviceId: string, attributes: DeviceAttributes): Promise<void> {
    const isOfDns = attributes.wildcard !== undefined || attributes.aliases !== undefined;
    if (!isOfDns) return this.describe(deviceId, attributes);
    return onCurrentDevice(async () => {
      const device = await this.current(deviceId);
      const { wildcard = device.wildcard, aliases: wanted } = attributes;
      const aliases = wanted ? admitAliases(wanted, device.zone) : device.aliases;
      const formerAliases = device.aliases.filter((label) => !aliases.includes(label));
      const write = joinedWrite(this.attributes, {
        deviceId,
        zone: device.zone,
        attributes: wanted ? { ...attributes, aliases } : attributes,
        seen: device,
        now: this.clock.now(),
      });
      await this.names.publish({ ...device, deviceId, wildcard, aliases, formerAliases }, write);
    });
  }

  private async describe(deviceId: string, { note, group }: DeviceAttributes): Promise<void> {
    const [, count] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE devices SET note = CASE WHEN $2 THEN $3 ELSE note END, group_name = CASE WHEN $4 THEN $5 ELSE group_name END
        WHERE id = $1 AND state <> 'deleted'`,
      [deviceId, note !== undefined, note ?? null, group !== undefined, group ?? null],
    );
    if (count === 0) throw unknownDevice();
  }

  /** @throws DomainError `not_found` */
  private async current(deviceId: string): Promise<DeviceRow> {
    const rows = await this.dataSource.query<DeviceRow[]>(
      `SELECT name, zone, addresses, wildcard, aliases FROM devices WHERE id = $1 AND state <> 'deleted'`,
      [deviceId],
    );
    if (!rows[0]) throw unknownDevice();
    return rows[0];
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
