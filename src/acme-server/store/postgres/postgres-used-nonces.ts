import type { UsedNonceStore } from '../../ports/acme-store.js';
import type { Sql } from './sql.js';

/** For servers that share one endpoint: a nonce that one of them has redeemed is used up for all. */
export class PostgresUsedNonces implements UsedNonceStore {
  constructor(private readonly sql: Sql) {}

  async use(nonce: string, expiresAt: Date): Promise<boolean> {
    const rows = await this.sql.rows(
      `INSERT INTO acme_server_used_nonces (server, nonce, expires_at) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [nonce, expiresAt],
    );
    return rows.length > 0;
  }
}
