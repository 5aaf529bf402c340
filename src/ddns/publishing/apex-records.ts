import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { apexNames, describeApex, hostmasterText, setApexCaa, type ApexConfig } from '../domain/apex-edit.js';
import { mustWireName, wireName, type WireName } from '../domain/name.js';
import { TYPE } from '../domain/rr-type.js';
import { serialAt } from '../domain/serial.js';
import { ZoneWriter } from '../store/zone-writer.js';
import { parseRdata, RdataTextError } from '../wire/rdata-text.js';

/** What a zone has of its own: SOA, NS and glue from the configuration, and CAA. */
@Injectable()
export class ApexRecords {
  constructor(
    private readonly writer: ZoneWriter,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /**
   * Makes every configured zone exist, with the apex that is configured. The serial rises at each start, for the case
   * that the database was restored from a backup: see domain/serial.ts.
   */
  async ensure(): Promise<void> {
    const { zones } = this.config.dns;
    await this.dataSource.query(
      `INSERT INTO zones (name, serial) SELECT name, $2 FROM unnest($1::text[]) AS name ON CONFLICT (name) DO NOTHING`,
      [zones, serialAt(this.clock.now())],
    );
    await Promise.all(zones.map((zone) => this.#describe(zone)));
  }

  /**
   * Which CAs may issue for the zone (RFC 8659), in presentation format: `0 issue "letsencrypt.org"`. No values: any CA.
   * @throws DomainError `record_rejected`, `unknown_zone`, `unavailable`
   */
  async setCaa(zone: string, values: readonly string[]): Promise<void> {
    const apex = mustWireName(zone);
    const rdatas = values.map((value) => parseCaa(value, apex));
    await this.writer.commit({ zone, scope: { names: [apex] }, edit: (edit) => setApexCaa(edit, rdatas) });
  }

  async #describe(zone: string): Promise<void> {
    const apex = mustWireName(zone);
    const config = this.#apexConfig();
    const former = await this.#systemNames(zone);
    await this.writer.commit({
      zone,
      scope: { names: [...new Set([...apexNames(apex, config), ...former])] },
      edit: (edit) => describeApex(edit, config, former),
      raiseSerial: true,
    });
  }

  async #systemNames(zone: string): Promise<WireName[]> {
    const rows: { name: string }[] = await this.dataSource.query(
      `SELECT DISTINCT name FROM rrsets WHERE zone = $1 AND owners[1] = 'system'`,
      [zone],
    );
    return rows.map(({ name }) => mustWireName(name));
  }

  #apexConfig(): ApexConfig {
    const { nameServers, hostmaster } = this.config.dns;
    const rname = wireName(hostmasterText(hostmaster) ?? '');
    if (rname === undefined) throw new Error(`FLEETCERT_HOSTMASTER is not a mail address: ${hostmaster}`);
    return { rname, nameServers: nameServers.map(({ name, addresses }) => ({ name: mustWireName(name), addresses })) };
  }
}

function parseCaa(value: string, apex: WireName): Buffer {
  try {
    return parseRdata(TYPE.CAA, value, apex);
  } catch (error) {
    if (error instanceof RdataTextError) throw new DomainError('record_rejected', error.message);
    throw error;
  }
}
