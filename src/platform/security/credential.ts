import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** `fcd_` device, `fck_` enrollment key, `fco_` operator: recognizable by secret scanners. */
export type CredentialPrefix = 'fcd_' | 'fck_' | 'fco_';

const SECRET_OCTETS = 32;

/** A new credential of 256 random bits, shown once. */
export function newCredential(prefix: CredentialPrefix): string {
  return prefix + randomBytes(SECRET_OCTETS).toString('base64url');
}

/**
 * What is stored of a credential. A plain SHA-256 is enough here, and cheap: the secret has 256 bits, there is no
 * dictionary to try.
 */
export function hashCredential(credential: string): Buffer {
  return hash('sha256', credential, 'buffer');
}

/** Enough of a stored hash, hashed once more, to notice that a credential was replaced. */
export function fingerprintOf(storedHash: Uint8Array): string {
  return hash('sha256', storedHash).slice(0, 32);
}

/** Compares in constant time a presented credential with a stored hash. */
export function credentialMatches(presented: string, storedHash: Uint8Array): boolean {
  return isSameHash(hashCredential(presented), storedHash);
}

/** Compares in constant time. */
export function isSameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

const WELL_FORMED = /^fc[dko]_[A-Za-z0-9_-]{43}$/;

/** Is it shaped like one of our credentials? Saves a look-up for everything else. */
export function looksLikeCredential(text: string, prefix: CredentialPrefix): boolean {
  return text.startsWith(prefix) && WELL_FORMED.test(text);
}
