import { Inject, Injectable } from '@nestjs/common';

import { ApexRecords } from '../../ddns/publishing/apex-records.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { apexCaa } from '../domain/apex-caa.js';
import { AcmeConnector } from './acme-connector.js';
import { CaAccounts, type ConnectedAccount } from './ca-accounts.js';

/** What has to be there before anything is ordered: the account, and CAA records that let it issue. */
@Injectable()
export class CaSetup {
  #ready: ConnectedAccount | undefined;

  constructor(
    private readonly accounts: CaAccounts,
    private readonly connector: AcmeConnector,
    private readonly apexRecords: ApexRecords,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /**
   * The account to order with. The first call does the work; one that fails is repeated by the next call.
   * @throws AcmeProblemError, AcmeUnreachableError
   */
  async ready(): Promise<ConnectedAccount> {
    if (this.#ready) return this.#ready;
    const identities = await this.connector.caaIdentities(this.config.acme.directoryUrl);
    // Named even while the account cannot be made (an external account is missing, say): nobody else may issue.
    await this.publishCaa(identities, await this.accounts.registeredUrl());
    const account = await this.accounts.ready();
    await this.publishCaa(identities, account.ca.accountUrl);
    this.#ready = account;
    return account;
  }

  /** The CA does not know the account any more: the next call of `ready` makes it anew. */
  async accountLost(account: ConnectedAccount): Promise<void> {
    this.#ready = undefined;
    await this.accounts.forget(account);
  }

  private async publishCaa(identities: readonly string[], accountUrl: string | undefined): Promise<void> {
    const values = apexCaa(identities, accountUrl);
    for (const zone of this.config.dns.zones) await this.apexRecords.setCaa(zone, values);
  }
}
