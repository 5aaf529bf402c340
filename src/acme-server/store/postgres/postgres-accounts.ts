import type { Account, AccountStatus, PublicJwk } from '../../domain/account.js';
import type { AccountStore, KeyChange } from '../../ports/acme-store.js';
import type { Sql } from './sql.js';

interface AccountRow {
  readonly id: string;
  readonly status: AccountStatus;
  readonly jwk: PublicJwk;
  readonly thumbprint: string;
  readonly contacts: string[];
  readonly created_at: Date;
  readonly external_account_kid: string | null;
  readonly external_account_binding: Record<string, string> | null;
}

export class PostgresAccounts implements AccountStore {
  constructor(private readonly sql: Sql) {}

  async create(account: Account): Promise<{ account: Account; created: boolean }> {
    const { externalAccount } = account;
    const inserted = await this.sql.rows<AccountRow>(
      `INSERT INTO acme_server_accounts (server, id, status, jwk, thumbprint, contacts, created_at,
         external_account_kid, external_account_binding)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (server, thumbprint) DO NOTHING
       RETURNING *`,
      [
        account.id,
        account.status,
        JSON.stringify(account.jwk),
        account.thumbprint,
        account.contacts,
        account.createdAt,
        externalAccount?.kid ?? null,
        externalAccount ? JSON.stringify(externalAccount.binding) : null,
      ],
    );
    if (inserted.length > 0) return { account, created: true };
    const existing = await this.findByThumbprint(account.thumbprint);
    if (!existing) throw new Error('an account has the key, but cannot be found by it');
    return { account: existing, created: false };
  }

  async find(id: string): Promise<Account | undefined> {
    const row = await this.sql.first<AccountRow>(`SELECT * FROM acme_server_accounts WHERE server = $1 AND id = $2`, [
      id,
    ]);
    return row && accountOf(row);
  }

  async findByThumbprint(thumbprint: string): Promise<Account | undefined> {
    const row = await this.sql.first<AccountRow>(
      `SELECT * FROM acme_server_accounts WHERE server = $1 AND thumbprint = $2`,
      [thumbprint],
    );
    return row && accountOf(row);
  }

  async setContacts(id: string, contacts: readonly string[]): Promise<void> {
    await this.sql.change(`UPDATE acme_server_accounts SET contacts = $3 WHERE server = $1 AND id = $2`, [
      id,
      contacts,
    ]);
  }

  async changeKey(id: string, change: KeyChange): ReturnType<AccountStore['changeKey']> {
    // Whoever takes the key meanwhile makes the unique index refuse: then the second round finds the holder.
    for (let round = 0; round < 2; round += 1) {
      const holder = await this.findByThumbprint(change.thumbprint);
      if (holder) return { conflictingAccountId: holder.id };
      try {
        const changed = await this.sql.change(
          `UPDATE acme_server_accounts SET jwk = $3, thumbprint = $4
           WHERE server = $1 AND id = $2 AND thumbprint = $5`,
          [id, JSON.stringify(change.jwk), change.thumbprint, change.expectedThumbprint],
        );
        return changed === 1 ? 'changed' : 'stale';
      } catch (error) {
        if (round > 0 || !isUniqueViolation(error)) throw error;
      }
    }
    throw new Error('unreachable');
  }

  async deactivate(id: string): Promise<void> {
    await this.sql.transaction(async (sql) => {
      await sql.change(`UPDATE acme_server_accounts SET status = 'deactivated' WHERE server = $1 AND id = $2`, [id]);
      await sql.change(
        `UPDATE acme_server_authorizations SET status = 'deactivated', validation_until = NULL
         WHERE server = $1 AND account_id = $2 AND status IN ('pending', 'valid')`,
        [id],
      );
    });
  }
}

function accountOf(row: AccountRow): Account {
  const { external_account_kid: kid, external_account_binding: binding } = row;
  return {
    id: row.id,
    status: row.status,
    jwk: row.jwk,
    thumbprint: row.thumbprint,
    contacts: row.contacts,
    createdAt: row.created_at,
    ...(kid !== null && binding ? { externalAccount: { kid, binding } } : {}),
  };
}

function isUniqueViolation(error: unknown): boolean {
  const { driverError } = error as { driverError?: { code?: string } };
  return driverError?.code === '23505';
}
