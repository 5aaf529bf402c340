import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { BucketState } from '../domain/limits/bucket.js';
import type { BucketKey } from '../domain/limits/bucket-key.js';

interface BucketRow {
  key: string;
  tat: number;
  reserved: number;
}

/** First half of the advisory lock's key, "buck"; the second one is the CA's. */
const LOCK_CLASS = 0x6275636b;

/**
 * The buckets of a CA, as all servers share them. Whoever changes some takes the CA's lock first (they all touch the
 * account's bucket anyway). Nobody who has it waits for an order's row, so nobody waits in a circle.
 */
@Injectable()
export class BucketTable {
  /** Those of the keys that are not full. */
  async read(manager: EntityManager, ca: string, keys: Iterable<BucketKey>): Promise<Map<BucketKey, BucketState>> {
    const list = [...new Set(keys)];
    if (list.length === 0) return new Map();
    const rows: BucketRow[] = await manager.query(
      `SELECT key, tat, reserved FROM issuance_buckets WHERE ca = $1 AND key = ANY ($2::text[])`,
      [ca, list],
    );
    return mapOf(rows);
  }

  /** Every bucket of the CA that has a row, of the limits whose names begin so. */
  async all(manager: EntityManager, ca: string, limits: readonly string[]): Promise<Map<BucketKey, BucketState>> {
    const rows: BucketRow[] = await manager.query(
      `SELECT key, tat, reserved FROM issuance_buckets WHERE ca = $1 AND split_part(key, ':', 1) = ANY ($2::text[])`,
      [ca, limits],
    );
    return mapOf(rows);
  }

  /** Reads buckets that no one else changes until the transaction ends. */
  async lock(transaction: EntityManager, ca: string, keys: Iterable<BucketKey>): Promise<Map<BucketKey, BucketState>> {
    const list = [...keys];
    if (list.length === 0) return new Map();
    await this.#lockAll(transaction, ca);
    return this.read(transaction, ca, list);
  }

  /** Writes buckets of a CA whose lock the transaction has. */
  async write(transaction: EntityManager, ca: string, buckets: ReadonlyMap<BucketKey, BucketState>): Promise<void> {
    if (buckets.size === 0) return;
    const entries = [...buckets];
    await transaction.query(
      `INSERT INTO issuance_buckets (ca, key, tat, reserved)
         SELECT $1, c.key, c.tat, c.reserved FROM unnest($2::text[], $3::float8[], $4::int[]) AS c (key, tat, reserved)
         ON CONFLICT (ca, key) DO UPDATE SET tat = EXCLUDED.tat, reserved = EXCLUDED.reserved`,
      [ca, entries.map(([key]) => key), entries.map(([, { tat }]) => tat), entries.map(([, { reserved }]) => reserved)],
    );
  }

  /** Forgets buckets that are full again: a device's own ones would pile up. @returns how many */
  async sweep(transaction: EntityManager, ca: string, now: Date): Promise<number> {
    await this.#lockAll(transaction, ca);
    const [, count]: [unknown[], number] = await transaction.query(
      `DELETE FROM issuance_buckets WHERE ca = $1 AND reserved = 0 AND tat <= $2`,
      [ca, now.getTime()],
    );
    return count;
  }

  async #lockAll(transaction: EntityManager, ca: string): Promise<void> {
    await transaction.query(`SELECT pg_advisory_xact_lock($1, hashtext($2))`, [LOCK_CLASS, ca]);
  }
}

function mapOf(rows: readonly BucketRow[]): Map<BucketKey, BucketState> {
  return new Map(rows.map(({ key, tat, reserved }) => [key, { tat, reserved }]));
}
