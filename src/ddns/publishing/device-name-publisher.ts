import { Inject, Injectable } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import { NamePublisher, type PublishedDevice } from '../../devices/ports/name-publisher.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import type { JoinedWrite } from '../../platform/database/joined-write.js';
import { publishAlias, withdrawAlias } from '../domain/alias-records.js';
import { publishDevice, rememberedDevice, withdrawDevice } from '../domain/device-records.js';
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
    const aliases = aliasNames(device.aliases, zone);
    const former = aliasNames(device.formerAliases, zone);
    const ipNames = this.config.dns.ipNames === 'registered';
    const subtrees = [name, ...aliases, ...former];
    await this.writer.commit({
      zone,
      scope: { subtrees },
      remembered: (memory) => {
        const parts = subtrees.map((subtree) => rememberedDevice(memory, deviceId, subtree));
        return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
      },
      edit: (edit) => {
        for (const alias of former) withdrawAlias(edit, deviceId, alias);
        publishDevice(edit, { deviceId, name, addresses, wildcard, ipNames });
        for (const alias of aliases) publishAlias(edit, { deviceId, name: alias, addresses, wildcard });
      },
      write,
    });
  }

  async withdraw(
    { name, zone, aliases }: Pick<PublishedDevice, 'deviceId' | 'name' | 'zone' | 'aliases'>,
    write: JoinedWrite,
  ): Promise<void> {
    const subtrees = [mustBeName(name), ...aliasNames(aliases, zone)];
    await this.writer.commit({
      zone,
      scope: { subtrees },
      edit: (edit) => subtrees.forEach((subtree) => withdrawDevice(edit, subtree)),
      write,
    });
  }
}

function aliasNames(labels: readonly string[] | undefined, zone: string): WireName[] {
  return (labels ?? []).map((label) => mustBeName(`${label}.${zone}`));
}

function mustBeName(text: string): WireName {
  const name = wireName(text);
  if (name === undefined) throw new DomainError('invalid_request', `${JSON.stringify(text)} is not a domain name.`);
  return name;
}
