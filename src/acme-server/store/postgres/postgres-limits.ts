import type { LimitDecision } from '../../domain/rate-limits.js';
import type { LimitStore } from '../../ports/acme-store.js';
import type { Sql } from './sql.js';

export class PostgresLimits implements LimitStore {
  constructor(private readonly sql: Sql) {}

  spend(keys: readonly string[], decide: (tats: ReadonlyMap<string, number>) => LimitDecision): Promise<LimitDecision> {
    return this.#exclusively(keys, async (sql, tats) => {
      const decision = decide(tats);
      await writeTats(sql, decision.spent);
      return decision;
    });
  }

  async refund(keys: readonly string[], refund: (key: string, tat: number) => number): Promise<void> {
    await this.#exclusively(keys, (sql, tats) =>
      writeTats(sql, new Map([...tats].map(([key, tat]) => [key, refund(key, tat)]))),
    );
  }

  async reset(keys: readonly string[]): Promise<void> {
    await this.sql.change(`DELETE FROM acme_server_buckets WHERE server = $1 AND key = ANY($2)`, [keys]);
  }

  async pause(accountId: string, name: string, at: Date): Promise<void> {
    await this.sql.execute(
      `INSERT INTO acme_server_paused_names (account_id, name, paused_at)
       SELECT id, $3, $4 FROM acme_server_accounts WHERE server = $1 AND id = $2 ON CONFLICT DO NOTHING`,
      [accountId, name, at],
    );
  }

  unpause(accountId: string): Promise<number> {
    return this.sql.change(
      `DELETE FROM acme_server_paused_names USING acme_server_accounts AS account
       WHERE account.id = account_id AND account.server = $1 AND account_id = $2`,
      [accountId],
    );
  }

  async paused(accountId: string, names: readonly string[]): Promise<readonly string[]> {
    const rows = await this.sql.rows<{ name: string }>(
      `SELECT paused.name FROM acme_server_paused_names AS paused
       JOIN acme_server_accounts AS account ON account.id = paused.account_id AND account.server = $1
       WHERE paused.account_id = $2 AND paused.name = ANY($3) ORDER BY array_position($3, paused.name)`,
      [accountId, names],
    );
    return rows.map(({ name }) => name);
  }

  /**
   * Runs the work while nobody else touches these buckets. The locks are advisory: most buckets are only looked at,
   * and have no row that could be locked. They are taken in one order, so that two batches cannot wait for each other.
   */
  #exclusively<Result>(
    keys: readonly string[],
    work: (sql: Sql, tats: ReadonlyMap<string, number>) => Promise<Result>,
  ): Promise<Result> {
    return this.sql.transaction(async (sql) => {
      await sql.rows(
        `SELECT pg_advisory_xact_lock(lock) FROM (
           SELECT DISTINCT hashtextextended('acme_server_buckets ' || $1 || ' ' || key, 0) AS lock
           FROM unnest($2::text[]) AS key ORDER BY lock
         ) AS locks`,
        [keys],
      );
      const rows = await sql.rows<{ key: string; tat_milliseconds: number }>(
        `SELECT key, tat_milliseconds FROM acme_server_buckets WHERE server = $1 AND key = ANY($2)`,
        [keys],
      );
      return work(sql, new Map(rows.map((row) => [row.key, row.tat_milliseconds])));
    });
  }
}

async function writeTats(sql: Sql, tats: ReadonlyMap<string, number>): Promise<void> {
  if (tats.size === 0) return;
  await sql.execute(
    `INSERT INTO acme_server_buckets (server, key, tat_milliseconds)
     SELECT $1, * FROM unnest($2::text[], $3::double precision[])
     ON CONFLICT (server, key) DO UPDATE SET tat_milliseconds = excluded.tat_milliseconds`,
    [[...tats.keys()], [...tats.values()]],
  );
}
