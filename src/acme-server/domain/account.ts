import { refuse } from './problem.js';

/** The required members of a public key, as a JWK (RFC 7517). */
export type PublicJwk = Readonly<Record<string, string>> & { readonly kty: string };

export type AccountStatus = 'valid' | 'deactivated' | 'revoked';

/** RFC 8555 section 7.1.2. */
export interface Account {
  readonly id: string;
  readonly status: AccountStatus;
  readonly jwk: PublicJwk;
  /** RFC 7638 thumbprint of `jwk`, SHA-256, base64url. */
  readonly thumbprint: string;
  readonly contacts: readonly string[];
  readonly createdAt: Date;
  /** The external account that this one is bound to (RFC 8555 section 7.3.4), and the binding as it was sent. */
  readonly externalAccount?: { readonly kid: string; readonly binding: Readonly<Record<string, string>> };
}

/** Throws unless the account may still sign requests: 401, as RFC 8555 section 7.3.6 demands. */
export function assertUsable(account: Account): void {
  if (account.status !== 'valid') {
    const detail = `Account is not valid, has status ${JSON.stringify(account.status)}`;
    throw refuse('unauthorized', detail, { status: 401 });
  }
}
