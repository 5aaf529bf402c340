import { createSecretKey, type KeyObject } from 'node:crypto';

import type { WireName } from '../domain/name.js';

/** The algorithms that we offer; RFC 8945 section 6 makes hmac-sha256 mandatory and discourages MD5 and SHA-1. */
export const TSIG_ALGORITHMS = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

export type TsigAlgorithm = (typeof TSIG_ALGORITHMS)[number];

/** Octets of the full MAC, which is also the length of a well-made secret (RFC 8945 section 8). */
export const TSIG_MAC_OCTETS: Readonly<Record<TsigAlgorithm, number>> = {
  'hmac-sha256': 32,
  'hmac-sha384': 48,
  'hmac-sha512': 64,
};

/** A shared key. A WireName is a key name's canonical form (RFC 8945 section 4.3.3). */
export interface TsigKey {
  readonly name: WireName;
  readonly algorithm: TsigAlgorithm;
  readonly secret: KeyObject;
}

/** A key of a secret's octets. */
export function tsigKey(name: WireName, algorithm: TsigAlgorithm, secret: Uint8Array): TsigKey {
  return { name, algorithm, secret: createSecretKey(secret) };
}

/** The algorithm's name as it stands in a TSIG record. */
export function tsigAlgorithmName(algorithm: TsigAlgorithm): WireName {
  return `${String.fromCharCode(algorithm.length)}${algorithm}\0`;
}

/** The name of the hash in node:crypto. */
export function tsigDigest(algorithm: TsigAlgorithm): string {
  return algorithm.slice('hmac-'.length);
}
