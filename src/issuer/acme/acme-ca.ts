/**
 * What the issuance pipeline asks of a CA (RFC 8555), one method a protocol step. Resources are plain data; every
 * refusal of the CA is an AcmeProblemError with its whole problem document, every failure to reach it an
 * AcmeUnreachableError. Nothing in here sleeps. Nothing is repeated but what the CA has not acted on: a request that it
 * refused with badNonce (RFC 8555 section 6.5), a bounded number of times, and a mere read over a connection that it had
 * closed meanwhile.
 */
export interface AcmeOrder {
  /** The order's URL. Empty only after a finalize whose answer names none and whose caller did not either. */
  readonly url: string;
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly expires?: Date;
  /** DNS identifiers, lower case. */
  readonly names: readonly string[];
  readonly authorizationUrls: readonly string[];
  readonly finalizeUrl: string;
  readonly certificateUrl?: string;
  readonly error?: AcmeProblem;
  /** The answer's Retry-After, in seconds. */
  readonly retryAfterSeconds?: number;
}

export interface AcmeAuthorization {
  readonly url: string;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  /** The domain name, without `*.`. */
  readonly name: string;
  readonly wildcard: boolean;
  /** The dns-01 challenge; undefined when the CA offers none. */
  readonly dnsChallenge?: {
    readonly url: string;
    readonly status: 'pending' | 'processing' | 'valid' | 'invalid';
    readonly token: string;
    /** What the TXT record has to hold: base64url(SHA-256(key authorization)), RFC 8555 section 8.4. */
    readonly txtValue: string;
    readonly error?: AcmeProblem;
  };
  readonly retryAfterSeconds?: number;
}

/** RFC 7807 problem document as RFC 8555 section 6.7 uses it. `type` is short: `rateLimited`, not the whole URN. */
export interface AcmeProblem {
  readonly type: string;
  readonly detail: string;
  readonly status?: number;
  readonly subproblems?: readonly (AcmeProblem & { readonly name?: string })[];
}

export interface AcmeNewOrder {
  readonly names: readonly string[];
  readonly profile?: string;
  /** ARI certID of the certificate that this order replaces (RFC 9773 section 5). */
  readonly replaces?: string;
}

export interface AcmeRenewalInfo {
  readonly start: Date;
  readonly end: Date;
  readonly explanationUrl?: string;
  readonly retryAfterSeconds?: number;
}

export interface AcmeDirectory {
  readonly caaIdentities: readonly string[];
  readonly profiles: readonly string[];
  readonly supportsRenewalInfo: boolean;
  readonly externalAccountRequired: boolean;
  readonly termsOfService?: string;
}

/** One account at one CA. Chains are PEM, leaf first. */
export interface AcmeCa {
  readonly directoryUrl: string;
  /** The account's URL: RFC 8657's accounturi. */
  readonly accountUrl: string;
  directory(): Promise<AcmeDirectory>;
  newOrder(order: AcmeNewOrder): Promise<AcmeOrder>;
  getOrder(url: string): Promise<AcmeOrder>;
  getAuthorization(url: string): Promise<AcmeAuthorization>;
  deactivateAuthorization(url: string): Promise<void>;
  /** Resolves also when the CA says that it is validating already. */
  completeChallenge(url: string): Promise<void>;
  /** `orderUrl` becomes the answer's `url` where the CA does not send one (RFC 8555 section 7.4 does not oblige it to). */
  finalize(finalizeUrl: string, csrDer: Uint8Array, orderUrl?: string): Promise<AcmeOrder>;
  /** `alternateUrls` are the Link headers' `rel="alternate"` (RFC 8555 section 7.4.2); each can be given to this method. */
  downloadCertificate(url: string): Promise<{ readonly pem: string; readonly alternateUrls: readonly string[] }>;
  /** `reason` as in RFC 5280 section 5.3.1. Resolves also when the CA says that it is revoked already. */
  revokeCertificate(certificateDer: Uint8Array, reason?: number): Promise<void>;
  /** undefined when the CA has no ARI. */
  renewalInfo(certId: string): Promise<AcmeRenewalInfo | undefined>;
}

/**
 * The CA answered, and refused. Also a 429 or 503 with Retry-After but without a problem document: that is how a CA's
 * front end limits requests, and `problem.type` is `rateLimited` then.
 */
export class AcmeProblemError extends Error {
  override readonly name = 'AcmeProblemError';

  constructor(
    readonly problem: AcmeProblem,
    readonly status: number,
    readonly retryAfterSeconds?: number,
  ) {
    super(`${problem.type}: ${problem.detail}`);
  }
}

/**
 * The CA did not answer, or not with ACME: no connection, time-out, TLS failure, redirect, a proxy's HTML page. Whether
 * it has acted on the request is not known.
 */
export class AcmeUnreachableError extends Error {
  override readonly name = 'AcmeUnreachableError';
}
