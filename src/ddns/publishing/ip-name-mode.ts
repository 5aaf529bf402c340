import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { republishDevice } from '../domain/device-records.js';
import { mustWireName } from '../domain/name.js';
import { ZoneWriter } from '../store/zone-writer.js';

const PAGE_DEVICES = 200;
/** The id before all others. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Brings the stored IP-encoded names in line with `FLEETCERT_IP_NAMES` after it was changed: beside the server's work,
 * and again from the start when it was interrupted.
 */
@Injectable()
export class IpNameMode {
  private readonly logger = new Logger(IpNameMode.name);
  #isStopped = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly writer: ZoneWriter,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  start(): void {
    this.#running = this.#bringInLine().catch((error: unknown) => {
      this.logger.warn(`the IP-encoded names are not all in line with the configuration: ${(error as Error).message}`);
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Resolves when all names are in line, or this was interrupted. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #bringInLine(): Promise<void> {
    const { ipNames, zones } = this.config.dns;
    const rows: { name: string }[] = await this.dataSource.query(
      `SELECT name FROM zones WHERE name = ANY ($1) AND ip_names IS DISTINCT FROM $2`,
      [zones, ipNames],
    );
    for (const { name } of rows) {
      const count = await this.#republish(name, ipNames === 'registered');
      if (this.#isStopped) return;
      await this.dataSource.query(`UPDATE zones SET ip_names = $2 WHERE name = $1`, [name, ipNames]);
      if (count > 0) this.logger.log(`IP-encoded names of ${count} devices in ${name} are now: ${ipNames}`);
    }
  }

  async #republish(zone: string, ipNames: boolean): Promise<number> {
    let count = 0;
    for (let after = FIRST_ID; !this.#isStopped;) {
      const devices: { id: string; name: string }[] = await this.dataSource.query(
        `SELECT id, name FROM devices WHERE zone = $1 AND state <> 'deleted' AND id > $2 ORDER BY id LIMIT ${PAGE_DEVICES}`,
        [zone, after],
      );
      await Promise.all(
        devices.map((device) => {
          const name = mustWireName(device.name);
          return this.writer.commit({
            zone,
            scope: { subtrees: [name] },
            edit: (edit) => republishDevice(edit, device.id, name, ipNames),
          });
        }),
      );
      count += devices.length;
      const last = devices.at(-1);
      if (!last || devices.length < PAGE_DEVICES) break;
      after = last.id;
    }
    return count;
  }
}
