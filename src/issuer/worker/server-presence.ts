import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';

import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';

/** First half of the advisory lock's key, "flee"; the second one is the server's own. */
export const PRESENCE_LOCK_CLASS = 0x666c6565;

/** SQL: how many servers show that they live; one before any has. */
export const LIVE_SERVERS = `
  greatest(1, (SELECT count(*) FROM pg_locks
                WHERE locktype = 'advisory' AND classid::bigint = ${PRESENCE_LOCK_CLASS} AND objsubid = 2 AND granted
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))::int`;

/** Who holds a lease: `name` for people, `server` for the presence lock. */
export interface LeaseOwner {
  readonly name: string;
  readonly server: number;
}

/**
 * Shows the other servers that this one lives: an advisory lock of PostgreSQL on a connection of its own, which the
 * system closes with the process, however that ends. So the orders of a server that was killed are free at once, and not
 * only when their leases expire (which remains for machines that vanish from the network).
 */
@Injectable()
export class ServerPresence {
  readonly owner: LeaseOwner;
  #session: QueryRunner | undefined;

  constructor(private readonly dataSource: DataSource) {
    this.owner = { name: `${hostname()}:${process.pid}`, server: randomInt(1, 2 ** 31 - 1) };
  }

  get isShown(): boolean {
    return this.#session !== undefined;
  }

  /** Makes sure that the lock is held; to be called now and then. Rejects with what the database throws. */
  async show(): Promise<void> {
    try {
      if (this.#session) await this.#session.query('SELECT 1');
      else await this.#open();
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Gives the lock up. Never rejects. */
  async end(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session || session.isReleased) return;
    try {
      await session.query('SELECT pg_advisory_unlock($1, $2)', this.#key);
    } catch {
      // With the connection the lock is gone too.
    }
    await session.release().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const session = this.dataSource.createQueryRunner();
    try {
      const rows: { taken: boolean }[] = await session.query('SELECT pg_try_advisory_lock($1, $2) AS taken', this.#key);
      if (!rows[0]?.taken) throw new Error('An earlier connection of this server still holds its presence lock.');
      this.#session = session;
    } finally {
      if (!this.#session) await session.release();
    }
  }

  get #key(): [number, number] {
    return [PRESENCE_LOCK_CLASS, this.owner.server];
  }
}
