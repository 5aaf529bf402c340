import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import { accountPublicKeyDer, generateAccountKey } from '../acme/account-key.js';
import { AcmeAccounts } from '../acme/acme-accounts.js';
import { AcmeConnections } from '../acme/acme-connections.js';

/** PostgreSQL's notifications of changed account keys; their payload is the account's id. */
export const ACCOUNT_KEYS_CHANNEL = 'fleetcert_account_keys';

export interface AccountKey {
  /** PKCS#8 PEM. */
  readonly pem: string;
  /** Of the public key's SubjectPublicKeyInfo, lower-case hex. */
  readonly spkiSha256: string;
}

/** An account that is registered at its CA, with the key that it has, and the one that it is about to get. */
export interface KeyedAccount {
  readonly id: string;
  readonly directoryUrl: string;
  readonly accountUrl: string;
  readonly key: AccountKey;
  readonly next?: AccountKey;
}

interface KeyRow {
  id: string;
  directory_url: string;
  account_url: string;
  key_sealed: string;
  key_spki_sha256: string;
  next_key_sealed: string | null;
  next_key_spki_sha256: string | null;
}

/**
 * The keys of our accounts as the database has them. While a key is being changed there are two, and only the CA knows
 * which of them counts: `settle` asks it.
 */
@Injectable()
export class AccountKeys {
  readonly #accounts: AcmeAccounts;

  constructor(
    private readonly dataSource: DataSource,
    private readonly secretBox: SecretBox,
    private readonly clock: Clock,
    connections: AcmeConnections,
  ) {
    this.#accounts = new AcmeAccounts(connections);
  }

  /** undefined for an account that is not there, or not registered. */
  byId(id: string): Promise<KeyedAccount | undefined> {
    return this.#read('id = $1', [id]);
  }

  byUrl(directoryUrl: string, accountUrl: string): Promise<KeyedAccount | undefined> {
    return this.#read('directory_url = $1 AND account_url = $2', [directoryUrl, accountUrl]);
  }

  /** Stores a new key beside the present one. One that is there already stays, whoever has made it. */
  async prepareNext(id: string): Promise<void> {
    const pem = generateAccountKey();
    await this.dataSource.query(
      `UPDATE acme_accounts SET next_key_sealed = $2, next_key_spki_sha256 = $3, next_key_at = $4
        WHERE id = $1 AND next_key_sealed IS NULL AND account_url IS NOT NULL`,
      [id, this.secretBox.seal(pem), spkiSha256(pem), this.clock.now()],
    );
  }

  /**
   * The CA has taken the next key: from now on it is the account's, also when another server, whom the CA refused, has
   * dropped it meanwhile. Does nothing when the account has gone on to other keys.
   */
  async promote({ id, key, next }: KeyedAccount): Promise<void> {
    await this.dataSource.query(
      `WITH promoted AS (
         UPDATE acme_accounts
            SET key_sealed = $4, key_spki_sha256 = $2, key_changed_at = $3,
                next_key_sealed = CASE WHEN next_key_spki_sha256 <> $2 THEN next_key_sealed END,
                next_key_at = CASE WHEN next_key_spki_sha256 <> $2 THEN next_key_at END,
                next_key_spki_sha256 = nullif(next_key_spki_sha256, $2)
          WHERE id = $1 AND (next_key_spki_sha256 = $2 OR key_spki_sha256 = $5) RETURNING id)
       SELECT pg_notify('${ACCOUNT_KEYS_CHANNEL}', id::text) FROM promoted`,
      [id, next!.spkiSha256, this.clock.now(), this.secretBox.seal(next!.pem), key.spkiSha256],
    );
  }

  /** The CA has refused the next key, and does not know it. */
  async dropNext({ id, next }: KeyedAccount): Promise<void> {
    await this.dataSource.query(
      `UPDATE acme_accounts SET next_key_sealed = NULL, next_key_spki_sha256 = NULL, next_key_at = NULL
        WHERE id = $1 AND next_key_spki_sha256 = $2`,
      [id, next!.spkiSha256],
    );
  }

  /**
   * The key that counts. Where a change was interrupted, the CA is asked whether it has taken the next key.
   * @throws AcmeProblemError, AcmeUnreachableError
   */
  async settle(account: KeyedAccount): Promise<AccountKey> {
    const { directoryUrl, accountUrl, key, next } = account;
    if (!next) return key;
    const holder = await this.#accounts.find({ directoryUrl, accountKeyPem: next.pem });
    if (holder?.accountUrl !== accountUrl) return key;
    await this.promote(account);
    return next;
  }

  async #read(where: string, parameters: readonly unknown[]): Promise<KeyedAccount | undefined> {
    const rows: KeyRow[] = await this.dataSource.query(
      `SELECT id, directory_url, account_url, key_sealed, key_spki_sha256, next_key_sealed, next_key_spki_sha256
         FROM acme_accounts WHERE ${where} AND account_url IS NOT NULL`,
      [...parameters],
    );
    return rows[0] && this.#accountOf(rows[0]);
  }

  #accountOf(row: KeyRow): KeyedAccount {
    const open = (sealed: string): string => this.secretBox.open(sealed).toString();
    return {
      id: row.id,
      directoryUrl: row.directory_url,
      accountUrl: row.account_url,
      key: { pem: open(row.key_sealed), spkiSha256: row.key_spki_sha256 },
      ...(row.next_key_sealed !== null && {
        next: { pem: open(row.next_key_sealed), spkiSha256: row.next_key_spki_sha256! },
      }),
    };
  }
}

/** How a key is known to people and in the database, without being told. */
export function spkiSha256(accountKeyPem: string): string {
  return createHash('sha256').update(accountPublicKeyDer(accountKeyPem)).digest('hex');
}
