import { Injectable, Logger } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import { AcmeAccounts } from '../acme/acme-accounts.js';
import { AcmeProblemError } from '../acme/acme-ca.js';
import { AcmeConnections } from '../acme/acme-connections.js';
import { AccountKeys, type KeyedAccount } from './account-keys.js';
import { RolloverProbe } from './rollover-probe.js';

/**
 * Gives an account at a CA a new key (RFC 8555 section 7.3.5). The new key is stored before the CA hears of it, and takes
 * the old one's place when the CA has taken it. Whatever is interrupted in between is finished by the next call, or by
 * the first server whose signature is refused: the account has one of two keys, and both are stored.
 */
@Injectable()
export class KeyRollover {
  private readonly logger = new Logger(KeyRollover.name);
  readonly #accounts: AcmeAccounts;

  constructor(
    private readonly keys: AccountKeys,
    private readonly probe: RolloverProbe,
    connections: AcmeConnections,
  ) {
    this.#accounts = new AcmeAccounts(connections);
  }

  /**
   * @returns when the account has a new key, here and at the CA; calls that come while a change is under way join it
   * @throws DomainError `not_found`; `conflict` when it is not registered
   * @throws AcmeProblemError when the CA refuses: the account keeps its key. AcmeUnreachableError when the CA cannot be
   * reached: the change is finished by the next call.
   */
  async rollOver(accountId: string): Promise<void> {
    this.probe.reached('begun');
    await this.keys.prepareNext(accountId);
    this.probe.reached('stored');
    const account = await this.keys.byId(accountId);
    if (!account) {
      throw new DomainError('conflict', 'The account is not registered at its CA yet: there is no key to change.');
    }
    // Another server was faster, and has brought it to its end.
    if (!account.next) return;
    try {
      await this.#askCa(account);
    } catch (error) {
      // Others have brought this change to its end and made the next one: the CA knows neither of our two keys.
      if (await this.#hasAnotherKey(account)) return;
      // A refusal after which the CA was asked, and does not know the next key as this account's: it is of no use.
      if (isRefusal(error)) await this.keys.dropNext(account);
      throw error;
    }
    this.probe.reached('changed');
    await this.keys.promote(account);
    this.probe.reached('promoted');
    this.logger.log({ accountUrl: account.accountUrl }, 'the ACME account has a new key');
  }

  #askCa({ directoryUrl, accountUrl, key, next }: KeyedAccount): Promise<void> {
    return this.#accounts.changeKey({
      directoryUrl,
      accountUrl,
      accountKeyPem: key.pem,
      newAccountKeyPem: next!.pem,
    });
  }

  async #hasAnotherKey({ id, key }: KeyedAccount): Promise<boolean> {
    const present = await this.keys.byId(id);
    return present !== undefined && present.key.spkiSha256 !== key.spkiSha256;
  }
}

/** Not for a 5xx or 429, after which the same change may go through. */
function isRefusal(error: unknown): boolean {
  return error instanceof AcmeProblemError && error.status < 500 && error.status !== 429;
}
