import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { mustWireName } from '../domain/name.js';
import { Rrset } from '../domain/rrset.js';
import { TYPE } from '../domain/rr-type.js';
import { withSerial } from '../domain/soa.js';
import { Zone } from '../domain/zone.js';

interface LoadedRow {
  readonly name: string;
  readonly type: number;
  readonly ttl: string;
  /** The value of a set of one, which nearly all are: pg takes much longer over an array. */
  readonly one: Buffer | null;
  readonly many: Buffer[] | null;
  readonly of_device: boolean;
}

/** Small enough that the queries in between wait for some milliseconds only. */
const ROWS_A_FETCH = 2_000;

/** Reads whole zones from the database. */
@Injectable()
export class ZoneLoader {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The zone as it is in the database, at one serial; undefined when there is no such zone, or none with a SOA.
   * @param name in presentation format.
   */
  load(name: string): Promise<Zone | undefined> {
    return this.dataSource.transaction('REPEATABLE READ', async (transaction) => {
      const zones: { serial: string }[] = await transaction.query(`SELECT serial FROM zones WHERE name = $1`, [name]);
      if (!zones[0]) return undefined;
      const zone = await this.#read(transaction, name, Number(zones[0].serial));
      return zone.soa ? zone : undefined;
    });
  }

  async #read(transaction: EntityManager, name: string, serial: number): Promise<Zone> {
    const zone = new Zone(mustWireName(name));
    await transaction.query(
      `DECLARE zone_rows NO SCROLL CURSOR FOR
        SELECT name, type, ttl,
            CASE WHEN cardinality(rdata) = 1 THEN rdata[1] END AS one,
            CASE WHEN cardinality(rdata) > 1 THEN rdata END AS many,
            type IN (${TYPE.A}, ${TYPE.AAAA}) AND owners[1] LIKE 'device:%' AS of_device
          FROM rrsets WHERE zone = $1`,
      [name],
    );
    for (;;) {
      const rows: LoadedRow[] = await transaction.query(`FETCH ${ROWS_A_FETCH} FROM zone_rows`);
      for (const row of rows) {
        const owner = mustWireName(row.name);
        const rdatas = row.one ? [row.one] : (row.many ?? []);
        const isSoa = row.type === TYPE.SOA && owner === zone.apex;
        const values = isSoa ? rdatas.map((rdata) => withSerial(rdata, serial)) : rdatas;
        zone.replace(owner, row.type, Rrset.of(row.type, Number(row.ttl), values, row.of_device));
      }
      if (rows.length < ROWS_A_FETCH) break;
    }
    await transaction.query('CLOSE zone_rows');
    return zone;
  }
}
