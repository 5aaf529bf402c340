import type { Account, PublicJwk } from '../domain/account.js';
import type { Authorization, ValidationOutcome } from '../domain/authorization.js';
import type { IssuedCertificate, RenewalWindow } from '../domain/certificate.js';
import type { Order, OrderWithAuthorizations } from '../domain/order.js';
import type { Problem } from '../domain/problem.js';
import type { LimitDecision } from '../domain/rate-limits.js';

/**
 * What the server remembers. Each call is atomic, and the calls that change a status say by their result who of several
 * callers changed it: the twin in memory and the one in PostgreSQL pass the same contract tests.
 */
export interface AcmeStore {
  readonly accounts: AccountStore;
  readonly orders: OrderStore;
  readonly authorizations: AuthorizationStore;
  readonly certificates: CertificateStore;
  readonly limits: LimitStore;
  readonly nonces: UsedNonceStore;
  /** How much there is: what tests and operators count by. */
  counts(): Promise<StoreCounts>;
  /** Forgets what nobody can ask for any more: spent buckets, used nonces, and orders that ended before `before`. */
  purge(now: Date, before: Date): Promise<void>;
}

export interface StoreCounts {
  readonly accounts: number;
  readonly orders: number;
  readonly certificates: number;
}

export interface AccountStore {
  /** Keeps a new account, or hands back the one that has the key already. */
  create(account: Account): Promise<{ readonly account: Account; readonly created: boolean }>;
  find(id: string): Promise<Account | undefined>;
  findByThumbprint(thumbprint: string): Promise<Account | undefined>;
  setContacts(id: string, contacts: readonly string[]): Promise<void>;
  /**
   * Replaces the key. `stale` when the account's key is no longer the expected one, and the id of the account that has
   * the new key when there is one (RFC 8555 section 7.3.5).
   */
  changeKey(id: string, change: KeyChange): Promise<'changed' | 'stale' | { readonly conflictingAccountId: string }>;
  /** Deactivates the account and all its pending and valid authorizations (RFC 8555 section 7.3.6). */
  deactivate(id: string): Promise<void>;
}

export interface KeyChange {
  readonly expectedThumbprint: string;
  readonly jwk: PublicJwk;
  readonly thumbprint: string;
}

export type NewOrder = Omit<Order, 'sequence'>;

export interface OrderStore {
  /**
   * Keeps a new order with its new authorizations. In the same step: the open order of the account for the same names,
   * profile and predecessor is handed back instead (`reused`), and a predecessor that a living order of other names
   * replaces already refuses (`already-replaced`).
   */
  create(order: NewOrder, authorizations: readonly Authorization[], now: Date): Promise<OrderCreation>;
  find(id: string): Promise<OrderWithAuthorizations | undefined>;
  /** At most `limit` orders of the account with a higher sequence than `after`, in that order. */
  list(accountId: string, after: number, limit: number): Promise<readonly OrderWithAuthorizations[]>;
  /** From now on the order is processing. False when it was already finalized or has failed. */
  finalize(id: string, csr: Uint8Array): Promise<boolean>;
  /** One caller at a time gets the right to have the certificate signed, for `leaseSeconds`. */
  claimSigning(id: string, now: Date, leaseSeconds: number): Promise<boolean>;
  /** Gives the right back before its time: the signer has not finished. */
  releaseSigning(id: string): Promise<void>;
  /** Keeps the certificate and makes the order valid. False when it had come to an end already. */
  complete(id: string, certificate: IssuedCertificate): Promise<boolean>;
  /** Makes the order invalid. False when it had come to an end already. */
  fail(id: string, error: Problem): Promise<boolean>;
}

export type OrderCreation =
  | { readonly kind: 'created' | 'reused'; readonly order: OrderWithAuthorizations }
  | { readonly kind: 'already-replaced' };

export interface AuthorizationStore {
  find(id: string): Promise<Authorization | undefined>;
  /** Valid authorizations of the account for these identifiers that last beyond `until`; the longest-lived each. */
  findValid(accountId: string, identifiers: readonly string[], until: Date): Promise<readonly Authorization[]>;
  /**
   * One caller at a time gets the right to validate, for `leaseSeconds`: a pending challenge becomes processing, one
   * whose validator died is taken over. False when the authorization is not pending or somebody else is at it.
   */
  claimValidation(id: string, now: Date, leaseSeconds: number): Promise<boolean>;
  /** Ends the validation. False when the authorization is no longer pending. */
  finishValidation(id: string, outcome: ValidationOutcome, now: Date): Promise<boolean>;
  /** Deactivates a pending or valid authorization (RFC 8555 section 7.5.2); false for any other. */
  deactivate(id: string): Promise<boolean>;
}

export interface CertificateStore {
  find(id: string): Promise<IssuedCertificate | undefined>;
  findByCertId(certId: string): Promise<IssuedCertificate | undefined>;
  /** Was a certificate for exactly these names issued after `since`, by whatever account? */
  existsForNames(nameSetHash: string, since: Date): Promise<boolean>;
  /** False when it was revoked already. With keyCompromise a certificate that was revoked otherwise can be revoked again. */
  revoke(id: string, reason: number, at: Date): Promise<boolean>;
  /** undefined: back to the computed window. */
  setRenewalWindow(id: string, window: RenewalWindow | undefined): Promise<void>;
  /** Revoked certificates that had not expired at `now`, for the revocation list. */
  listRevoked(now: Date): Promise<readonly IssuedCertificate[]>;
  /** No certificate is issued for this key any more. */
  blockKey(keyHash: string): Promise<void>;
  isKeyBlocked(keyHash: string): Promise<boolean>;
}

export interface LimitStore {
  /**
   * Reads the buckets, lets `decide` decide, and writes what it spends, as one step against all others that touch the
   * same buckets. TATs are milliseconds since the epoch.
   */
  spend(keys: readonly string[], decide: (tats: ReadonlyMap<string, number>) => LimitDecision): Promise<LimitDecision>;
  /** Sets buckets that were spent to what `refund` makes of their TATs. */
  refund(keys: readonly string[], refund: (key: string, tat: number) => number): Promise<void>;
  /** Fills buckets up again. */
  reset(keys: readonly string[]): Promise<void>;
  pause(accountId: string, name: string, at: Date): Promise<void>;
  /** Ends the pause of all the account's names; says how many there were. */
  unpause(accountId: string): Promise<number>;
  /** Which of these names are paused for the account. */
  paused(accountId: string, names: readonly string[]): Promise<readonly string[]>;
}

export interface UsedNonceStore {
  /** True for the first call with this nonce. It has to be remembered until `expiresAt`. */
  use(nonce: string, expiresAt: Date): Promise<boolean>;
}

/** The store cannot be reached: the request is answered with 503, and may succeed later. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
