import { addSeconds } from '../../../kernel/clock.js';
import type { Authorization } from '../../domain/authorization.js';
import type { IssuedCertificate } from '../../domain/certificate.js';
import { nameSetHash } from '../../domain/identifier.js';
import type { LimitExemption, Order, OrderWithAuthorizations } from '../../domain/order.js';
import type { Problem } from '../../domain/problem.js';
import type { NewOrder, OrderCreation, OrderStore } from '../../ports/acme-store.js';
import { claimsPredecessor, isSameOpenOrder } from '../order-matching.js';
import { findAuthorizations, insertAuthorizations } from './postgres-authorizations.js';
import { insertCertificate } from './postgres-certificates.js';
import type { Sql } from './sql.js';

interface OrderRow {
  readonly id: string;
  readonly sequence: string;
  readonly account_id: string;
  readonly names: string[];
  readonly profile: string;
  readonly replaces: string | null;
  readonly exemption: LimitExemption;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly authorization_ids: string[];
  readonly csr: Buffer | null;
  readonly error: Problem | null;
  readonly certificate_id: string | null;
}

export class PostgresOrders implements OrderStore {
  constructor(private readonly sql: Sql) {}

  create(order: NewOrder, authorizations: readonly Authorization[], now: Date): Promise<OrderCreation> {
    return this.sql.transaction(async (sql) => {
      // One newOrder of an account at a time: two that come together must not both find nothing.
      await sql.rows(`SELECT 1 FROM acme_server_accounts WHERE server = $1 AND id = $2 FOR NO KEY UPDATE`, [
        order.accountId,
      ]);
      const rivals = await withAuthorizations(
        sql,
        await sql.rows<OrderRow>(
          `SELECT * FROM acme_server_orders
           WHERE server = $1 AND account_id = $2 AND name_set_hash = $3 AND csr IS NULL AND error IS NULL
             AND expires_at > $5
           UNION
           SELECT * FROM acme_server_orders WHERE server = $1 AND replaces = $4
           ORDER BY sequence`,
          [order.accountId, nameSetHash(order.names), order.replaces ?? null, now],
        ),
      );
      const open = rivals.find((rival) => isSameOpenOrder(rival, order, now));
      if (open) return { kind: 'reused', order: open };
      if (rivals.some((rival) => claimsPredecessor(rival, order, now))) return { kind: 'already-replaced' };
      await insertAuthorizations(sql, authorizations);
      const kept = await withAuthorizations(sql, [await insertOrder(sql, order)]);
      return { kind: 'created', order: kept[0] as OrderWithAuthorizations };
    });
  }

  async find(id: string): Promise<OrderWithAuthorizations | undefined> {
    const rows = await this.sql.rows<OrderRow>(`SELECT * FROM acme_server_orders WHERE server = $1 AND id = $2`, [id]);
    return (await withAuthorizations(this.sql, rows))[0];
  }

  async list(accountId: string, after: number, limit: number): Promise<readonly OrderWithAuthorizations[]> {
    const rows = await this.sql.rows<OrderRow>(
      `SELECT * FROM acme_server_orders WHERE server = $1 AND account_id = $2 AND sequence > $3
       ORDER BY sequence LIMIT $4`,
      [accountId, after, limit],
    );
    return withAuthorizations(this.sql, rows);
  }

  async finalize(id: string, csr: Uint8Array): Promise<boolean> {
    const finalized = await this.sql.change(
      `UPDATE acme_server_orders SET csr = $3 WHERE server = $1 AND id = $2 AND csr IS NULL AND error IS NULL`,
      [id, Buffer.from(csr)],
    );
    return finalized === 1;
  }

  async claimSigning(id: string, now: Date, leaseSeconds: number): Promise<boolean> {
    const claimed = await this.sql.change(
      `UPDATE acme_server_orders SET signing_until = $4
       WHERE server = $1 AND id = $2 AND csr IS NOT NULL AND error IS NULL AND certificate_id IS NULL
         AND (signing_until IS NULL OR signing_until <= $3)`,
      [id, now, addSeconds(now, leaseSeconds)],
    );
    return claimed === 1;
  }

  async releaseSigning(id: string): Promise<void> {
    await this.sql.change(`UPDATE acme_server_orders SET signing_until = NULL WHERE server = $1 AND id = $2`, [id]);
  }

  complete(id: string, certificate: IssuedCertificate): Promise<boolean> {
    return this.sql.transaction(async (sql) => {
      const completed = await sql.change(
        `UPDATE acme_server_orders SET certificate_id = $3, signing_until = NULL
         WHERE server = $1 AND id = $2 AND csr IS NOT NULL AND error IS NULL AND certificate_id IS NULL`,
        [id, certificate.id],
      );
      if (completed === 0) return false;
      await insertCertificate(sql, certificate);
      return true;
    });
  }

  async fail(id: string, error: Problem): Promise<boolean> {
    const failed = await this.sql.change(
      `UPDATE acme_server_orders SET error = $3, signing_until = NULL
       WHERE server = $1 AND id = $2 AND error IS NULL AND certificate_id IS NULL`,
      [id, JSON.stringify(error)],
    );
    return failed === 1;
  }
}

async function insertOrder(sql: Sql, order: NewOrder): Promise<OrderRow> {
  const row = await sql.first<OrderRow>(
    `INSERT INTO acme_server_orders (server, id, account_id, names, name_set_hash, profile, replaces, exemption,
       created_at, expires_at, authorization_ids)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     RETURNING *`,
    [
      order.id,
      order.accountId,
      order.names,
      nameSetHash(order.names),
      order.profile,
      order.replaces ?? null,
      order.exemption,
      order.createdAt,
      order.expiresAt,
      order.authorizationIds,
    ],
  );
  if (!row) throw new Error('the order was not kept');
  return row;
}

/** Orders with the authorizations that they name, in one further query for all of them. */
async function withAuthorizations(sql: Sql, rows: readonly OrderRow[]): Promise<readonly OrderWithAuthorizations[]> {
  if (rows.length === 0) return [];
  const byId = await findAuthorizations(sql, [...new Set(rows.flatMap((row) => row.authorization_ids))]);
  return rows.map((row) => ({
    order: orderOf(row),
    authorizations: row.authorization_ids.flatMap((id) => byId.get(id) ?? []),
  }));
}

function orderOf(row: OrderRow): Order {
  return {
    id: row.id,
    sequence: Number(row.sequence),
    accountId: row.account_id,
    names: row.names,
    profile: row.profile,
    exemption: row.exemption,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    authorizationIds: row.authorization_ids,
    ...(row.replaces === null ? {} : { replaces: row.replaces }),
    ...(row.csr ? { csr: new Uint8Array(row.csr) } : {}),
    ...(row.error ? { error: row.error } : {}),
    ...(row.certificate_id === null ? {} : { certificateId: row.certificate_id }),
  };
}
