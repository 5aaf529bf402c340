import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { ZoneDiff } from '../domain/zone-diff.js';
import { zoneDiff, type JournalRow } from './journal-changes.js';

/** How many changes of a zone are kept; a secondary or server that is further behind gets the whole zone. */
export const JOURNAL_LENGTH = 20_000;

/** How many rows are read at once. */
const PAGE_ROWS = 500;

/** The changes of the zones, in the order of their serials. */
@Injectable()
export class ZoneJournal {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The changes that lead from `serial` onwards, oldest first, a limited number at once; none when there are none after
   * it, and undefined when the journal does not know the serial (any more).
   * @param zone in presentation format.
   */
  async after(zone: string, serial: number, limit = PAGE_ROWS): Promise<ZoneDiff[] | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const rows: JournalRow[] = await this.dataSource.query(
        `SELECT serial_from, serial, changes FROM zone_journal
          WHERE zone = $1 AND id >= (SELECT id FROM zone_journal WHERE zone = $1 AND serial_from = $2)
          ORDER BY id LIMIT $3`,
        [zone, serial, limit],
      );
      if (rows.length > 0) return rows.map(zoneDiff);
      if ((await this.serialOf(zone)) === serial) return [];
      // A change may have been committed between the two statements: then the journal has it now.
      if (attempt === 2) return undefined;
    }
  }

  /** The zone's serial in the database; undefined when there is no such zone. */
  async serialOf(zone: string): Promise<number | undefined> {
    const rows: { serial: string }[] = await this.dataSource.query(`SELECT serial FROM zones WHERE name = $1`, [zone]);
    return rows[0] && Number(rows[0].serial);
  }

  /** Every zone's serial in the database. */
  async serials(): Promise<Map<string, number>> {
    const rows: { name: string; serial: string }[] = await this.dataSource.query(`SELECT name, serial FROM zones`);
    return new Map(rows.map(({ name, serial }) => [name, Number(serial)]));
  }

  /** Drops the oldest changes of a zone that are over `length`, in a transaction that holds the zone's row. */
  static async trim(transaction: EntityManager, zone: string, length = JOURNAL_LENGTH): Promise<void> {
    await transaction.query(
      `DELETE FROM zone_journal WHERE zone = $1
        AND id <= (SELECT id FROM zone_journal WHERE zone = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`,
      [zone, length],
    );
  }
}
