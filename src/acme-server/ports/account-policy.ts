import type { Account } from '../domain/account.js';

/** What an account has to show for an identifier. */
export type IdentifierDecision =
  | { readonly kind: 'challenge' }
  /** Control is known otherwise: the authorization is valid from the start. */
  | { readonly kind: 'granted' }
  /** `detail` is shown to the client. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Who may have an account, and what it may order. */
export interface AccountPolicy {
  readonly externalAccountRequired: boolean;
  /** The MAC key of an external account (RFC 8555 section 7.3.4); undefined when there is none of that name. */
  externalAccountKey(kid: string): Promise<Uint8Array | undefined>;
  /** One decision for each identifier, in order. */
  decide(account: Account, identifiers: readonly string[]): Promise<readonly IdentifierDecision[]>;
}
