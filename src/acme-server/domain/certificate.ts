/** When the CA would like a certificate to be renewed (RFC 9773 section 4.2). */
export interface RenewalWindow {
  readonly start: Date;
  readonly end: Date;
  readonly explanationUrl?: string;
}

/** A certificate that was issued for an order. */
export interface IssuedCertificate {
  /** The serial number, lower-case hex of its octets without a sign octet. */
  readonly id: string;
  /** ARI identifier (RFC 9773 section 4.1). */
  readonly certId: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly names: readonly string[];
  readonly der: Uint8Array;
  /** Ways from the issuer to a root, PEM each, without the leaf. The first is the default. */
  readonly issuerChains: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly issuedAt: Date;
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly keyHash: string;
  readonly revoked?: { readonly at: Date; readonly reason: number };
  /** Set by an operator; otherwise it is computed. */
  readonly renewalWindow?: RenewalWindow;
}
