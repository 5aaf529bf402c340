import { AcmeProblemError, AcmeUnreachableError } from './acme-ca.js';
import type { AcmeAnswer } from './acme-answer.js';
import type { AcmeConnections } from './acme-connections.js';
import { AcmeSession } from './acme-session.js';

/** Where an account is, and the key that it answers to (PKCS#8 PEM). */
export interface AcmeAccountKey {
  readonly directoryUrl: string;
  readonly accountKeyPem: string;
}

export interface AcmeRegistration extends AcmeAccountKey {
  /** Mail addresses, or URLs such as `mailto:…`. */
  readonly contact?: readonly string[];
  /** External account binding (RFC 8555 section 7.3.4); `hmacKey` in base64url or base64. */
  readonly eab?: { readonly kid: string; readonly hmacKey: string };
  readonly termsOfServiceAgreed: boolean;
}

export interface AcmeAccount {
  readonly accountUrl: string;
  readonly status: string;
  /** URLs; many CAs no longer say. */
  readonly contact: readonly string[];
}

/**
 * Accounts at CAs (RFC 8555 section 7.3). Rejects as AcmeCa does: AcmeProblemError for a refusal (`externalAccountRequired`,
 * `userActionRequired`, …), AcmeUnreachableError when the CA cannot be reached.
 */
export class AcmeAccounts {
  constructor(private readonly connections: AcmeConnections) {}

  /**
   * Makes the account of this key, or finds it when there is one: repeating a registration whose answer was lost is safe.
   * An existing account's contacts are left as they are.
   */
  async register(registration: AcmeRegistration): Promise<AcmeAccount> {
    const existing = await this.find(registration);
    if (existing) return existing;

    const connection = this.connections.to(registration.directoryUrl);
    const { newAccount } = await connection.directory();
    const session = new AcmeSession(connection, {
      accountKeyPem: registration.accountKeyPem,
      externalAccount: registration.eab,
    });
    const answer = await session.post(
      newAccount,
      {
        termsOfServiceAgreed: registration.termsOfServiceAgreed,
        ...(registration.contact?.length && { contact: registration.contact.map(contactUrl) }),
      },
      { bindExternalAccount: registration.eab !== undefined },
    );
    return readAccount(answer, newAccount);
  }

  /** The account of this key, or undefined when the CA has none (`accountDoesNotExist`). */
  async find({ directoryUrl, accountKeyPem }: AcmeAccountKey): Promise<AcmeAccount | undefined> {
    const connection = this.connections.to(directoryUrl);
    const { newAccount } = await connection.directory();
    const session = new AcmeSession(connection, { accountKeyPem });
    const answer = await session.postUnless(['accountDoesNotExist'], newAccount, { onlyReturnExisting: true });
    return answer && readAccount(answer, newAccount);
  }

  /**
   * Gives the account a new key (RFC 8555 section 7.3.5). The account's URL stays. Safe to repeat after a lost answer: a
   * key that the account has already is a success.
   *
   * @returns the CA's refusal, where the CA, asked after it, has no account of the new key: that key is of no use.
   * @throws AcmeProblemError, AcmeUnreachableError: whether the account has the new key is open.
   */
  async changeKey(
    account: AcmeAccountKey & { accountUrl: string; newAccountKeyPem: string },
  ): Promise<AcmeProblemError | undefined> {
    const connection = this.connections.to(account.directoryUrl);
    const { keyChange } = await connection.directory();
    const oldKey = new AcmeSession(connection, account);
    const newKey = new AcmeSession(connection, { accountKeyPem: account.newAccountKeyPem });
    try {
      await oldKey.post(keyChange, newKey.sign(keyChange, { account: account.accountUrl, oldKey: oldKey.jwk }));
    } catch (error) {
      if (!(error instanceof AcmeProblemError) || error.status >= 500 || error.status === 429) throw error;
      const holder = await this.find({ directoryUrl: account.directoryUrl, accountKeyPem: account.newAccountKeyPem });
      if (!holder) return error;
      if (holder.accountUrl !== account.accountUrl) throw error;
    }
    return undefined;
  }

  /** Ends the account for good (RFC 8555 section 7.3.6). */
  async deactivate(account: AcmeAccountKey & { accountUrl: string }): Promise<void> {
    const session = new AcmeSession(this.connections.to(account.directoryUrl), account);
    await session.post(account.accountUrl, { status: 'deactivated' });
  }
}

function contactUrl(contact: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(contact) ? contact : `mailto:${contact}`;
}

function readAccount(answer: AcmeAnswer, url: string): AcmeAccount {
  if (answer.location === undefined) throw new AcmeUnreachableError(`${url} answered without the account's URL`);
  const { status, contact } = answer.json();
  return {
    accountUrl: answer.location,
    status: typeof status === 'string' ? status : 'valid',
    contact: Array.isArray(contact) ? contact.filter((item): item is string => typeof item === 'string') : [],
  };
}
