import type { Problem } from '../domain/problem.js';
import type { Profile } from '../domain/profile.js';
import type { IssuedCertificate } from '../domain/certificate.js';

export interface SigningRequest {
  /** Repeated calls for one order mean the same certificate. */
  readonly orderId: string;
  readonly accountId: string;
  /** What the certificate has to be for: checked, lower case, sorted. */
  readonly names: readonly string[];
  readonly csr: Uint8Array;
  readonly profileName: string;
  readonly profile: Profile;
}

export type SigningResult =
  | { readonly status: 'issued'; readonly certificate: Omit<IssuedCertificate, 'orderId' | 'accountId' | 'issuedAt'> }
  /** Not yet: the order stays `processing`, and the signer is asked again when the client comes back. */
  | { readonly status: 'pending'; readonly retryAfterSeconds: number }
  | { readonly status: 'refused'; readonly problem: Problem };

/**
 * Where certificates come from: a CA's own key, or another CA that is ordered from, which takes minutes or hours.
 * Asked for the first time when an order is finalized, and again each time its client polls, until there is an end.
 */
export interface CertificateSigner {
  sign(request: SigningRequest): Promise<SigningResult>;
  /** Makes a revocation known beyond this server's own records. */
  revoke(certificate: IssuedCertificate, reason: number): Promise<void>;
}
