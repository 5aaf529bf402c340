import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import { AcmeAccounts } from '../acme/acme-accounts.js';
import { AcmeConnections } from '../acme/acme-connections.js';
import { AccountKeys } from './account-keys.js';

/** An account at a CA, as the database has it. */
export interface ListedAccount {
  readonly id: string;
  readonly directoryUrl: string;
  /** null until it is registered. */
  readonly accountUrl: string | null;
  readonly contact: string | null;
  readonly eabKid: string | null;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, lower-case hex. */
  readonly keySha256: string;
  readonly createdAt: Date;
  readonly registeredAt: Date | null;
  readonly keyChangedAt: Date | null;
  /** A change of key was begun then, and is not known to have come to its end. */
  readonly rolloverPendingSince: Date | null;
}

/** What its CA says of it. */
export interface AccountAtCa {
  /** RFC 8555 section 7.1.2: `valid`, `deactivated` or `revoked`; `unknown` when the CA has none for the key. */
  readonly status: string;
  /** URLs; many CAs no longer say. */
  readonly contact: readonly string[];
}

const COLUMNS = `
  id, directory_url AS "directoryUrl", account_url AS "accountUrl", contact, eab_kid AS "eabKid",
  key_spki_sha256 AS "keySha256", created_at AS "createdAt", registered_at AS "registeredAt", key_changed_at AS "keyChangedAt",
  next_key_at AS "rolloverPendingSince"`;

/** What there is to know of our accounts. */
@Injectable()
export class AccountOverview {
  readonly #accounts: AcmeAccounts;

  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: AccountKeys,
    connections: AcmeConnections,
  ) {
    this.#accounts = new AcmeAccounts(connections);
  }

  /** Oldest first. */
  list(): Promise<ListedAccount[]> {
    return this.dataSource.query(`SELECT ${COLUMNS} FROM acme_accounts ORDER BY created_at, id`);
  }

  /** @throws DomainError `not_found` */
  async one(id: string): Promise<ListedAccount> {
    const rows: ListedAccount[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM acme_accounts WHERE id = $1`, [
      id,
    ]);
    if (!rows[0]) throw new DomainError('not_found', `There is no account ${id}.`);
    return rows[0];
  }

  /**
   * Asks the CA; undefined for an account that is not registered. A change of key that was interrupted is brought to its
   * end, if the CA has taken the new one.
   * @throws AcmeProblemError, AcmeUnreachableError
   */
  async atCa(id: string): Promise<AccountAtCa | undefined> {
    const account = await this.keys.byId(id);
    if (!account) return undefined;
    const { pem } = await this.keys.settle(account);
    const found = await this.#accounts.find({ directoryUrl: account.directoryUrl, accountKeyPem: pem });
    return found ? { status: found.status, contact: found.contact } : { status: 'unknown', contact: [] };
  }
}
