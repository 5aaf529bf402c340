import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { ServedZones } from '../../ddns/store/served-zones.js';
import { mustWireName } from '../../ddns/domain/name.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';

export interface ZoneItem {
  readonly zone: string;
  /** What this server answers with at this moment; null while the zone is not loaded. */
  readonly serial: number | null;
  /** The newest one in the database: this server is behind while the two differ. */
  readonly committedSerial: number;
  readonly names: number;
  readonly nameServers: readonly string[];
}

/** The zones as operators see them. */
@Injectable()
export class ZoneListing {
  constructor(
    private readonly dataSource: DataSource,
    private readonly served: ServedZones,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async list(): Promise<ZoneItem[]> {
    const rows: { name: string; serial: string }[] = await this.dataSource.query(
      `SELECT name, serial FROM zones WHERE name = ANY ($1::text[]) ORDER BY name`,
      [this.config.dns.zones],
    );
    return rows.map(({ name, serial }) => {
      const zone = this.served.zones.closest(mustWireName(name));
      return {
        zone: name,
        serial: zone?.serial ?? null,
        committedSerial: Number(serial),
        names: zone?.names ?? 0,
        nameServers: this.config.dns.nameServers.map((server) => server.name),
      };
    });
  }
}
