import type { DataSource } from 'typeorm';

import type { AcmeStore, StoreCounts } from '../../ports/acme-store.js';
import { PostgresAccounts } from './postgres-accounts.js';
import { PostgresAuthorizations } from './postgres-authorizations.js';
import { PostgresCertificates } from './postgres-certificates.js';
import { PostgresLimits } from './postgres-limits.js';
import { PostgresOrders } from './postgres-orders.js';
import { PostgresUsedNonces } from './postgres-used-nonces.js';
import { Sql } from './sql.js';

/** The store in the tables `acme_server_…`. */
export class PostgresAcmeStore implements AcmeStore {
  readonly accounts: PostgresAccounts;
  readonly orders: PostgresOrders;
  readonly authorizations: PostgresAuthorizations;
  readonly certificates: PostgresCertificates;
  readonly limits: PostgresLimits;
  readonly nonces: PostgresUsedNonces;
  readonly #sql: Sql;

  /** @param server tells several servers on one database apart: `sandbox-ca` */
  constructor(dataSource: DataSource, server: string) {
    this.#sql = new Sql(dataSource, server);
    this.accounts = new PostgresAccounts(this.#sql);
    this.orders = new PostgresOrders(this.#sql);
    this.authorizations = new PostgresAuthorizations(this.#sql);
    this.certificates = new PostgresCertificates(this.#sql);
    this.limits = new PostgresLimits(this.#sql);
    this.nonces = new PostgresUsedNonces(this.#sql);
  }

  async counts(): Promise<StoreCounts> {
    const row = await this.#sql.first<Record<keyof StoreCounts, string>>(
      `SELECT (SELECT count(*) FROM acme_server_accounts WHERE server = $1) AS accounts,
              (SELECT count(*) FROM acme_server_orders WHERE server = $1) AS orders,
              (SELECT count(*) FROM acme_server_certificates WHERE server = $1) AS certificates`,
    );
    return {
      accounts: Number(row?.accounts ?? 0),
      orders: Number(row?.orders ?? 0),
      certificates: Number(row?.certificates ?? 0),
    };
  }

  async purge(now: Date, before: Date): Promise<void> {
    await this.#sql.change(`DELETE FROM acme_server_orders WHERE server = $1 AND csr IS NULL AND expires_at < $2`, [
      before,
    ]);
    await this.#sql.change(
      `DELETE FROM acme_server_authorizations WHERE server = $1 AND expires_at < $2
         AND id NOT IN (SELECT unnest(authorization_ids) FROM acme_server_orders WHERE server = $1)`,
      [before],
    );
    await this.#sql.change(`DELETE FROM acme_server_buckets WHERE server = $1 AND tat_milliseconds <= $2`, [
      now.getTime(),
    ]);
    await this.#sql.change(`DELETE FROM acme_server_used_nonces WHERE server = $1 AND expires_at < $2`, [now]);
  }
}
