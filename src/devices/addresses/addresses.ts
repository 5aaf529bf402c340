import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { joinedWrite } from '../../platform/database/joined-write.js';
import { admitAddresses, sameAddresses } from '../domain/address-policy.js';
import { type DeviceNamesSeen, onCurrentDevice } from '../device-changed.js';
import type { Device } from '../domain/device.js';
import { NamePublisher } from '../ports/name-publisher.js';
import { AddressWriter } from './address-writer.js';

export interface AddressesAnswer {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly changed: boolean;
}

/** A device's addresses. The same ones again cost no write, so that a device may report as often as it likes. */
@Injectable()
export class Addresses {
  constructor(
    private readonly names: NamePublisher,
    private readonly writer: AddressWriter,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** When it resolves, this server's DNS serves the addresses. @throws DomainError `address_not_allowed`, `invalid_request` */
  async replace(device: Device, texts: readonly string[]): Promise<AddressesAnswer> {
    const policy = this.config.addressPolicy;
    const addresses = admitAddresses(texts, policy.ranges, policy.name);
    if (sameAddresses(addresses, device.addresses)) return { name: device.name, addresses, changed: false };
    const toldAt = device.addressesToldAt;
    await onCurrentDevice(async (attempt) => {
      // What the caller was let in with is right nearly always, and saves the look.
      const current = attempt === 1 ? device : { ...device, ...(await this.namesOf(device.deviceId)) };
      const change = joinedWrite(this.writer, {
        deviceId: device.deviceId,
        addresses,
        now: this.clock.now(),
        names: { wildcard: current.wildcard, aliases: current.aliases },
        ...(current === device && toldAt !== undefined && { seen: { name: device.name, toldAt } }),
      });
      await this.names.publish({ ...current, addresses }, change);
    });
    return { name: device.name, addresses, changed: true };
  }

  private async namesOf(deviceId: string): Promise<DeviceNamesSeen | undefined> {
    const rows = await this.dataSource.query<DeviceNamesSeen[]>(`SELECT wildcard, aliases FROM devices WHERE id = $1`, [
      deviceId,
    ]);
    return rows[0];
  }
}
