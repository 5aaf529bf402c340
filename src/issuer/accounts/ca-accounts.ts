import { createHash, randomUUID } from 'node:crypto';

import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import { accountPublicKeyDer, generateAccountKey } from '../acme/account-key.js';
import type { AcmeCa } from '../acme/acme-ca.js';
import { AcmeConnector } from './acme-connector.js';
import { CaList } from './ca-list.js';

/** An account at a CA that can be ordered with. */
export interface ConnectedAccount {
  /** Of the row in acme_accounts. */
  readonly id: string;
  readonly ca: AcmeCa;
}

/** The same account, as orders are planned for it. */
export interface PlanningAccount {
  /** Of the row in acme_accounts. */
  readonly id: string;
  /** The CA's directory URL. */
  readonly ca: string;
  /** The ACME account's URL. */
  readonly url: string;
}

export function planningAccount({ id, ca }: ConnectedAccount): PlanningAccount {
  return { id, ca: ca.directoryUrl, url: ca.accountUrl };
}

interface AccountRow {
  id: string;
  directory_url: string;
  key_sealed: string;
  account_url: string | null;
}

const COLUMNS = 'id, directory_url, key_sealed, account_url';

/**
 * Our accounts at CAs: one a directory URL, made once, whatever servers race for it. The key is stored, sealed, before
 * the CA hears of it: whoever registers it first, or again after a crash, gets the same account.
 */
@Injectable()
export class CaAccounts {
  private readonly logger = new Logger(CaAccounts.name);
  readonly #open = new Map<string, ConnectedAccount>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly secretBox: SecretBox,
    private readonly connector: AcmeConnector,
    private readonly clock: Clock,
    private readonly list: CaList,
  ) {}

  /**
   * The account at a configured CA (default: the first), registered there when it is not yet.
   * @throws AcmeProblemError, AcmeUnreachableError
   */
  async ready(directoryUrl = this.list.first.directoryUrl): Promise<ConnectedAccount> {
    const row = (await this.findByDirectory(directoryUrl)) ?? (await this.make(directoryUrl));
    return this.connect(row.account_url === null ? await this.register(row) : row);
  }

  /**
   * Any account that we ever had, such as the one of a certificate that is to be revoked.
   * @throws AcmeProblemError, AcmeUnreachableError
   */
  async open(accountId: string): Promise<ConnectedAccount> {
    const known = this.#open.get(accountId);
    if (known) return known;
    const rows: AccountRow[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM acme_accounts WHERE id = $1`, [
      accountId,
    ]);
    const row = rows[0];
    if (!row) throw new Error(`There is no ACME account ${accountId}.`);
    return this.connect(row.account_url === null ? await this.register(row) : row);
  }

  /** The account at a CA (default: the first), if it is registered there; asks nobody but the database. */
  async registered(directoryUrl = this.list.first.directoryUrl): Promise<PlanningAccount | undefined> {
    const row = await this.findByDirectory(directoryUrl);
    if (!row || row.account_url === null) return undefined;
    return { id: row.id, ca: row.directory_url, url: row.account_url };
  }

  /** The CA does not know the account any more (a test CA that was reset): it is registered anew when next needed. */
  async forget(account: ConnectedAccount): Promise<void> {
    this.#open.delete(account.id);
    this.logger.warn({ accountUrl: account.ca.accountUrl }, 'the CA does not know our account any more');
    await this.dataSource.query(`UPDATE acme_accounts SET account_url = NULL WHERE id = $1 AND account_url = $2`, [
      account.id,
      account.ca.accountUrl,
    ]);
  }

  private async findByDirectory(directoryUrl: string): Promise<AccountRow | undefined> {
    const rows: AccountRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM acme_accounts WHERE directory_url = $1`,
      [directoryUrl],
    );
    return rows[0];
  }

  private async make(directoryUrl: string): Promise<AccountRow> {
    const key = generateAccountKey();
    await this.dataSource.query(
      `INSERT INTO acme_accounts (id, directory_url, key_sealed, key_spki_sha256, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (directory_url) DO NOTHING`,
      [
        randomUUID(),
        directoryUrl,
        this.secretBox.seal(key),
        createHash('sha256').update(accountPublicKeyDer(key)).digest('hex'),
        this.clock.now(),
      ],
    );
    // The row that is there now is the one that counts: ours, or that of a server that was faster.
    const row = await this.findByDirectory(directoryUrl);
    if (!row) throw new Error(`The ACME account for ${directoryUrl} vanished while it was made.`);
    return row;
  }

  private async register(row: AccountRow): Promise<AccountRow> {
    const { contact, externalAccount } = this.list.of(row.directory_url) ?? {};
    const accountUrl = await this.connector.register({
      directoryUrl: row.directory_url,
      accountKeyPem: this.secretBox.open(row.key_sealed).toString(),
      ...(contact !== undefined && { contact: [contact] }),
      ...(externalAccount !== undefined && { eab: externalAccount }),
      termsOfServiceAgreed: true,
    });
    await this.dataSource.query(
      `UPDATE acme_accounts SET account_url = $2, contact = $3, eab_kid = $4, registered_at = $5 WHERE id = $1`,
      [row.id, accountUrl, contact ?? null, externalAccount?.kid ?? null, this.clock.now()],
    );
    this.logger.log({ directoryUrl: row.directory_url, accountUrl }, 'the ACME account is ready');
    return { ...row, account_url: accountUrl };
  }

  private connect(row: AccountRow): ConnectedAccount {
    const known = this.#open.get(row.id);
    if (known?.ca.accountUrl === row.account_url) return known!;
    const ca = this.connector.open({
      directoryUrl: row.directory_url,
      accountUrl: row.account_url!,
      accountKeyPem: this.secretBox.open(row.key_sealed).toString(),
    });
    const account = { id: row.id, ca };
    this.#open.set(row.id, account);
    return account;
  }
}
