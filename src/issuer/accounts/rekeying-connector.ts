import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { NotificationListener } from '../../platform/database/notification-listener.js';
import type { AcmeCa } from '../acme/acme-ca.js';
import { AcmeConnections } from '../acme/acme-connections.js';
import { ACCOUNT_KEYS_CHANNEL, type AccountKey, AccountKeys, spkiSha256 } from './account-keys.js';
import { AcmeClientConnector, type AcmeCredentials } from './acme-connector.js';
import { RekeyedCa } from './rekeyed-ca.js';

/** The way to CAs with accounts whose keys may change: servers learn of it by a notification, or by a refusal. */
@Injectable()
export class RekeyingConnector extends AcmeClientConnector implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RekeyingConnector.name);
  readonly #opened: RekeyedCa[] = [];
  #unsubscribe: () => void = () => undefined;

  constructor(
    connections: AcmeConnections,
    private readonly keys: AccountKeys,
    private readonly notifications: NotificationListener,
  ) {
    super(connections);
  }

  onApplicationBootstrap(): void {
    const refresh = (): void => void this.#refreshAll();
    this.#unsubscribe = this.notifications.subscribe(ACCOUNT_KEYS_CHANNEL, {
      onNotification: refresh,
      onConnected: refresh,
    });
  }

  onModuleDestroy(): void {
    this.#unsubscribe();
  }

  override open(credentials: AcmeCredentials): AcmeCa {
    const { directoryUrl, accountUrl, accountKeyPem } = credentials;
    const first: AccountKey = { pem: accountKeyPem, spkiSha256: spkiSha256(accountKeyPem) };
    const ca = new RekeyedCa(
      {
        open: ({ pem }) => super.open({ ...credentials, accountKeyPem: pem }),
        presentKey: async () => {
          const account = await this.keys.byUrl(directoryUrl, accountUrl);
          // An account that is registered anew is opened anew.
          return account ? this.keys.settle(account) : first;
        },
      },
      first,
    );
    this.#opened.push(ca);
    return ca;
  }

  /** What cannot be looked up now is found out by the next refusal. */
  async #refreshAll(): Promise<void> {
    for (const ca of this.#opened) {
      try {
        if (await ca.refresh()) this.logger.log({ accountUrl: ca.accountUrl }, 'the ACME account has a new key');
      } catch (error) {
        this.logger.warn({ err: error, accountUrl: ca.accountUrl }, "the ACME account's key could not be looked up");
      }
    }
  }
}
