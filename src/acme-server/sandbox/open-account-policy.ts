import type { AccountPolicy, IdentifierDecision } from '../ports/account-policy.js';
import type { Account } from '../domain/account.js';

export interface OpenAccountPolicyOptions {
  /** External accounts: by kid, the HMAC key as base64url. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  readonly externalAccountRequired?: boolean;
}

/** Anybody may have an account and order what they can prove to control, as at a public CA. */
export class OpenAccountPolicy implements AccountPolicy {
  readonly externalAccountRequired: boolean;
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  constructor(options: OpenAccountPolicyOptions = {}) {
    this.externalAccountRequired = options.externalAccountRequired ?? false;
    this.#keys = new Map(
      Object.entries(options.externalAccounts ?? {}).map(([kid, key]) => [kid, Buffer.from(key, 'base64url')]),
    );
  }

  async externalAccountKey(kid: string): Promise<Uint8Array | undefined> {
    return this.#keys.get(kid);
  }

  async decide(_account: Account, identifiers: readonly string[]): Promise<readonly IdentifierDecision[]> {
    return identifiers.map(() => ({ kind: 'challenge' }));
  }
}
