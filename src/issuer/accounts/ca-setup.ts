import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { ApexRecords } from '../../ddns/publishing/apex-records.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { apexCaa } from '../domain/apex-caa.js';
import { AcmeConnector } from './acme-connector.js';
import { CaAccounts, type ConnectedAccount } from './ca-accounts.js';
import { CaList, type ListedCa } from './ca-list.js';

interface KnownCa {
  readonly ca: string;
  readonly caa_identities: string[] | null;
  readonly account_url: string | null;
}

/**
 * What has to be there before anything is ordered from a CA: the account, and CAA records that let it issue. The apex
 * names every configured CA, stagings too, as far as it was ever reached: a CA that is down stays in there.
 */
@Injectable()
export class CaSetup {
  private readonly logger = new Logger(CaSetup.name);
  readonly #ready = new Map<string, ConnectedAccount>();
  #publishing: Promise<void> = Promise.resolve();

  constructor(
    private readonly accounts: CaAccounts,
    private readonly connector: AcmeConnector,
    private readonly apexRecords: ApexRecords,
    private readonly dataSource: DataSource,
    private readonly list: CaList,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The account to order with at a CA, when `ready` has found it. */
  account(directoryUrl: string): ConnectedAccount | undefined {
    return this.#ready.get(directoryUrl);
  }

  /**
   * The account to order with at a CA (default: the first). The first call does the work; one that fails is repeated
   * by the next call.
   * @throws AcmeProblemError, AcmeUnreachableError
   */
  async ready(directoryUrl = this.list.first.directoryUrl): Promise<ConnectedAccount> {
    const ready = this.#ready.get(directoryUrl);
    if (ready) return ready;
    const ca = this.list.of(directoryUrl);
    if (!ca) throw new Error(`No CA with the directory ${directoryUrl} is configured.`);
    await this.#rememberIdentities(ca, ca.caaIdentities ?? (await this.connector.caaIdentities(directoryUrl)));
    // Named even while the account cannot be made (an external account is missing, say): nobody else may issue.
    await this.#publishCaa();
    const account = await this.accounts.ready(directoryUrl);
    await this.#publishCaa();
    this.#ready.set(directoryUrl, account);
    return account;
  }

  /** The CA does not know the account any more: the next call of `ready` makes it anew. */
  async accountLost(account: ConnectedAccount): Promise<void> {
    this.#ready.delete(account.ca.directoryUrl);
    await this.accounts.forget(account);
  }

  async #rememberIdentities({ directoryUrl, name }: ListedCa, identities: readonly string[]): Promise<void> {
    if (identities.length === 0 && this.list.hasSeveral) {
      this.logger.warn(
        `${name} does not say how it is called in CAA records: where it looks at them, the others' records keep it from issuing; set its field "caa" in FLEETCERT_ACME_CAS`,
      );
    }
    await this.dataSource.query(
      `INSERT INTO issuance_cas AS c (ca, caa_identities) VALUES ($1, $2)
         ON CONFLICT (ca) DO UPDATE SET caa_identities = EXCLUDED.caa_identities
         WHERE c.caa_identities IS DISTINCT FROM EXCLUDED.caa_identities`,
      [directoryUrl, identities],
    );
  }

  /** One after the other: what is published last has seen what all before it have found out. */
  #publishCaa(): Promise<void> {
    const publish = async (): Promise<void> => {
      const values = apexCaa(await this.#knownCas());
      for (const zone of this.config.dns.zones) await this.apexRecords.setCaa(zone, values);
    };
    const published = this.#publishing.then(publish, publish);
    this.#publishing = published.catch(() => undefined);
    return published;
  }

  async #knownCas(): Promise<{ identities: readonly string[]; accountUrl?: string }[]> {
    const rows: KnownCa[] = await this.dataSource.query(
      `SELECT c.ca, c.caa_identities, a.account_url FROM issuance_cas c LEFT JOIN acme_accounts a ON a.directory_url = c.ca`,
    );
    return this.list.all.map(({ directoryUrl, caaIdentities }) => {
      const known = rows.find(({ ca }) => ca === directoryUrl);
      return {
        identities: caaIdentities ?? known?.caa_identities ?? [],
        ...(known?.account_url && { accountUrl: known.account_url }),
      };
    });
  }
}
