import { Inject, Injectable } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import { NamePublisher, type PublishedDevice } from '../../devices/ports/name-publisher.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import type { JoinedWrite } from '../../platform/database/joined-write.js';
import { publishDevice, withdrawDevice } from '../domain/device-records.js';
import { wireName, type WireName } from '../domain/name.js';
import { ZoneWriter } from '../store/zone-writer.js';

/** The devices' names in the zone. */
@Injectable()
export class DeviceNamePublisher extends NamePublisher {
  constructor(
    private readonly writer: ZoneWriter,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    super();
  }

  async publish(device: PublishedDevice, write: JoinedWrite): Promise<void> {
    const { deviceId, zone, addresses, wildcard } = device;
    const name = mustBeName(device.name);
    const ipNames = this.config.dns.ipNames === 'registered';
    await this.writer.commit({
      zone,
      scope: { subtrees: [name] },
      edit: (edit) => publishDevice(edit, { deviceId, name, addresses, wildcard, ipNames }),
      write,
    });
  }

  async withdraw(
    { name, zone }: Pick<PublishedDevice, 'deviceId' | 'name' | 'zone'>,
    write: JoinedWrite,
  ): Promise<void> {
    const subtree = mustBeName(name);
    await this.writer.commit({
      zone,
      scope: { subtrees: [subtree] },
      edit: (edit) => withdrawDevice(edit, subtree),
      write,
    });
  }
}

function mustBeName(text: string): WireName {
  const name = wireName(text);
  if (name === undefined) throw new DomainError('invalid_request', `${JSON.stringify(text)} is not a domain name.`);
  return name;
}
