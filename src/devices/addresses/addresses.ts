import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { joinedWrite } from '../../platform/database/joined-write.js';
import { admitAddresses, sameAddresses } from '../domain/address-policy.js';
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
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** When it resolves, this server's DNS serves the addresses. @throws DomainError `address_not_allowed`, `invalid_request` */
  async replace(device: Device, texts: readonly string[]): Promise<AddressesAnswer> {
    const policy = this.config.addressPolicy;
    const addresses = admitAddresses(texts, policy.ranges, policy.name);
    if (sameAddresses(addresses, device.addresses)) return { name: device.name, addresses, changed: false };
    const change = joinedWrite(this.writer, { deviceId: device.deviceId, addresses, now: this.clock.now() });
    await this.names.publish({ ...device, addresses }, change);
    return { name: device.name, addresses, changed: true };
  }
}
