import { Injectable, Logger } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import { AcmeAccounts } from '../acme/acme-accounts.js';
import type { AcmeProblemError } from '../acme/acme-ca.js';
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
   * @throws DomainError `conflict` when it is not there, not registered, or another call's change was just refused
   * @throws AcmeProblemError when the CA refuses: the account keeps its key. For a 5xx or 429 that is open, as for
   * AcmeUnreachableError: the next call finishes the change.
   */
  async rollOver(accountId: string): Promise<void> {
    this.probe.reached('begun');
    const before = await this.keys.byId(accountId);
    if (!before) {
      throw new DomainError('conflict', 'The account is not registered at its CA yet: there is no key to change.');
    }
    await this.keys.prepareNext(accountId);
    this.probe.reached('stored');
    const account = await this.keys.byId(accountId);
    if (!account?.next) {
      // Another server was faster, and has brought it to its end, whichever that was.
      if (account && account.key.spkiSha256 !== before.key.spkiSha256) return;
      throw new DomainError('conflict', 'The CA has just refused the key that another call made; try again.');
    }
    await this.#change(account);
  }

  async #change(account: KeyedAccount): Promise<void> {
    let refusal: AcmeProblemError | undefined;
    try {
      refusal = await this.#askCa(account);
    } catch (error) {
      if (await this.#isPast(account, error)) return;
      throw error;
    }
    if (refusal) {
      // The CA does not know the next key: nobody will need it.
      await this.keys.dropNext(account);
      if (await this.#isPast(account, refusal)) return;
      throw refusal;
    }
    this.probe.reached('changed');
    await this.keys.promote(account);
    this.probe.reached('promoted');
    this.logger.log({ accountUrl: account.accountUrl }, 'the ACME account has a new key');
  }

  #askCa({ directoryUrl, accountUrl, key, next }: KeyedAccount): Promise<AcmeProblemError | undefined> {
    return this.#accounts.changeKey({
      directoryUrl,
      accountUrl,
      accountKeyPem: key.pem,
      newAccountKeyPem: next!.pem,
    });
  }

  /** Has the account another key by now? Then others have finished this change, or that and the one after it. */
  async #isPast({ id, accountUrl, key }: KeyedAccount, error: unknown): Promise<boolean> {
    const present = await this.keys.byId(id);
    if (!present || present.key.spkiSha256 === key.spkiSha256) return false;
    this.logger.debug({ err: error, accountUrl }, 'another server has changed the key meanwhile');
    return true;
  }
}
