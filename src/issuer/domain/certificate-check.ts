import { createHash } from 'node:crypto';

import { ariCertId } from './ari-cert-id.js';
import { readCertificate, type ReadCertificate } from './certificate-reader.js';
import { DerError } from './der.js';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const HOUR_MILLISECONDS = 3_600_000;
/** CAs date certificates back. A start in the future is a clock's fault, theirs or ours, and a small one passes. */
const MAX_FUTURE_START_MILLISECONDS = HOUR_MILLISECONDS;
/** Longer than any CA's, private ones included; catches "no well-defined expiration" (RFC 5280 section 4.1.2.5). */
const MAX_LIFETIME_MILLISECONDS = 10 * 366 * 24 * HOUR_MILLISECONDS;
const MAX_CHAIN_LENGTH = 10;

/** What the CSR asked for. */
export interface CertificateExpectation {
  /** Lower-case hexadecimal SHA-256 of the CSR's SubjectPublicKeyInfo. */
  readonly spkiSha256: string;
  /** Lower case, each once. */
  readonly names: readonly string[];
}

export interface CertificateFacts {
  /** The chain, leaf first, without the root, nothing but PEM. */
  readonly pem: string;
  /** The leaf (DER). */
  readonly der: Uint8Array;
  /** Lower-case hexadecimal as the CA wrote it, with the leading 00 that keeps it positive. */
  readonly serial: string;
  /** SHA-256 of the leaf, lower-case hexadecimal. */
  readonly sha256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Sorted. */
  readonly names: readonly string[];
  /** The issuer's name in one line, `CN=R11, O=Let's Encrypt, C=US`. */
  readonly issuer: string;
  /** The authority key identifier, lower-case hexadecimal. */
  readonly akiHex?: string;
  /** RFC 9773; absent without an authority key identifier. */
  readonly ariCertId?: string;
}

/** The CA issued something else than was asked for. The message is a sentence for the operator. */
export class CertificateMismatchError extends Error {
  override readonly name = 'CertificateMismatchError';
}

/**
 * Checks a chain (PEM, leaf first) as the CA answered it against what the CSR asked for: key, names, purpose, validity at
 * `now`, the order of the chain with every signature. A root at the end is left out. Throws CertificateMismatchError.
 */
export function checkCertificate(chainPem: string, expected: CertificateExpectation, now: Date): CertificateFacts {
  const chain = withoutRoot(readChain(chainPem));
  const [leaf] = chain;
  if (!leaf) throw new CertificateMismatchError('The CA answered without a certificate.');
  checkKey(leaf, expected.spkiSha256);
  const names = checkNames(leaf, expected.names);
  checkPurpose(leaf);
  checkValidity(leaf, now);
  checkLinks(chain);

  const { authorityKeyIdentifier: keyIdentifier, serial } = leaf;
  return {
    pem: chain.map(toPem).join(''),
    der: leaf.der,
    serial: Buffer.from(serial).toString('hex'),
    sha256: createHash('sha256').update(leaf.der).digest('hex'),
    notBefore: leaf.x509.validFromDate,
    notAfter: leaf.x509.validToDate,
    names,
    issuer: leaf.x509.issuer.split('\n').toReversed().join(', '),
    ...(keyIdentifier && {
      akiHex: Buffer.from(keyIdentifier).toString('hex'),
      ariCertId: ariCertId({ keyIdentifier, serial }),
    }),
  };
}

function readChain(pem: string): ReadCertificate[] {
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)];
  if (blocks.length > MAX_CHAIN_LENGTH) {
    throw new CertificateMismatchError(`The CA answered with a chain of ${blocks.length} certificates.`);
  }
  return blocks.map(([, base64 = ''], index) => {
    try {
      return readCertificate(Uint8Array.from(Buffer.from(base64, 'base64')));
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      throw new CertificateMismatchError(`Certificate ${index + 1} of the chain cannot be read: ${error.message}.`, {
        cause: error,
      });
    }
  });
}

/** Devices have the root, or must not take it from here. */
function withoutRoot(chain: readonly ReadCertificate[]): readonly ReadCertificate[] {
  const last = chain.at(-1);
  const isRoot = last && chain.length > 1 && isSignedBy(last, last);
  return isRoot ? chain.slice(0, -1) : chain;
}

function checkKey(leaf: ReadCertificate, spkiSha256: string): void {
  if (createHash('sha256').update(leaf.publicKey).digest('hex') !== spkiSha256) {
    throw new CertificateMismatchError("The certificate is for another key than the CSR's.");
  }
}

function checkNames(leaf: ReadCertificate, expected: readonly string[]): readonly string[] {
  const names = [...new Set(leaf.dnsNames)].toSorted();
  if (leaf.hasOtherNames || names.join() !== expected.toSorted().join()) {
    const more = leaf.hasOtherNames ? ' and names that are not DNS names' : '';
    throw new CertificateMismatchError(
      `The certificate is for ${names.join(', ') || 'no name'}${more}; ${expected.join(', ')} was ordered.`,
    );
  }
  return names;
}

function checkPurpose(leaf: ReadCertificate): void {
  if (leaf.x509.ca) throw new CertificateMismatchError('The certificate is that of a CA.');
  if (!leaf.extendedKeyUsages.includes(SERVER_AUTH)) {
    throw new CertificateMismatchError(
      'The certificate is not for TLS servers: its extended key usage lacks serverAuth.',
    );
  }
}

function checkValidity({ x509 }: ReadCertificate, now: Date): void {
  const [start, end] = [x509.validFromDate, x509.validToDate];
  if (start.getTime() > now.getTime() + MAX_FUTURE_START_MILLISECONDS) {
    throw new CertificateMismatchError(`The certificate is not valid before ${start.toISOString()}: check the clock.`);
  }
  if (end.getTime() <= now.getTime()) {
    throw new CertificateMismatchError(`The certificate expired at ${end.toISOString()}: check the clock.`);
  }
  const lifetime = end.getTime() - start.getTime();
  if (lifetime <= 0 || lifetime > MAX_LIFETIME_MILLISECONDS) {
    throw new CertificateMismatchError(
      `The certificate is valid from ${start.toISOString()} to ${end.toISOString()}, which cannot be meant.`,
    );
  }
}

/**
 * Each certificate is signed by the next one. The validity of intermediates is left alone: CAs have served expired cross
 * signatures on purpose.
 */
function checkLinks(chain: readonly ReadCertificate[]): void {
  if (chain.length < 2) throw new CertificateMismatchError('The chain holds no intermediate certificate.');
  for (const [index, issuer] of chain.slice(1).entries()) {
    if (!issuer.x509.ca)
      throw new CertificateMismatchError(`Certificate ${index + 2} of the chain is not that of a CA.`);
    if (!isSignedBy(chain[index]!, issuer)) {
      throw new CertificateMismatchError(
        `Certificate ${index + 1} of the chain is not signed by certificate ${index + 2}: its order is wrong.`,
      );
    }
  }
}

function isSignedBy(certificate: ReadCertificate, issuer: ReadCertificate): boolean {
  try {
    return Buffer.from(certificate.issuer).equals(issuer.subject) && certificate.x509.verify(issuer.x509.publicKey);
  } catch {
    // A key of a kind that OpenSSL does not know verifies nothing.
    return false;
  }
}

function toPem({ der }: ReadCertificate): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
