import { normalizeAddress } from '../../kernel/ip-address.js';
import { RSA_BITS } from './account-key.js';
import { nameSetHash, normalizeNames } from './identifier.js';
import { refuse } from './problem.js';

export type CsrKey =
  | { readonly kind: 'rsa'; readonly bits: number; readonly exponent: number }
  | { readonly kind: 'ec'; readonly curve: string }
  | { readonly kind: 'other'; readonly name: string };

/** What a certificate signing request says (RFC 2986), read and with its signature checked. */
export interface CsrFacts {
  readonly signatureValid: boolean;
  /** `SHA-256`, … */
  readonly signatureHash: string;
  readonly key: CsrKey;
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly keyHash: string;
  /** RFC 7638 thumbprint of the key, to compare it with an account's. */
  readonly keyThumbprint: string;
  readonly commonNames: readonly string[];
  readonly dnsNames: readonly string[];
  /** The kinds of the subject alternative names that are not DNS names: `ip`, `email`, … */
  readonly otherNameKinds: readonly string[];
}

export interface CsrExpectation {
  /** The order's identifiers. */
  readonly names: readonly string[];
  readonly accountThumbprint: string;
  readonly keyBlocked: boolean;
}

const GOOD_HASHES = ['SHA-256', 'SHA-384', 'SHA-512'];
const GOOD_CURVES = ['P-256', 'P-384'];

/** Throws `badCSR` unless the CSR asks for exactly what was ordered, with a key that may be certified. */
export function checkCsr(csr: CsrFacts, expected: CsrExpectation): void {
  checkKey(csr.key);
  if (expected.keyBlocked) throw badCsr('public key is forbidden: it was reported as compromised');
  if (csr.keyThumbprint === expected.accountThumbprint) {
    throw badCsr('certificate public key must be different than account key');
  }
  if (!GOOD_HASHES.includes(csr.signatureHash)) throw badCsr('signature algorithm not supported');
  if (!csr.signatureValid) throw badCsr('invalid signature on CSR');
  if (csr.otherNameKinds.length > 0) {
    throw badCsr(`CSR contains subject alternative names other than DNS names: ${csr.otherNameKinds.join(', ')}`);
  }
  if (csr.commonNames.some((name) => normalizeAddress(name) !== undefined)) {
    throw badCsr('CSR contains IP address in Common Name');
  }
  const names = normalizeNames([...csr.commonNames, ...csr.dnsNames]);
  if (names.length === 0) throw badCsr('at least one identifier is required');
  if (nameSetHash(names) !== nameSetHash(expected.names)) {
    throw badCsr(
      `CSR does not specify same identifiers as Order: the CSR has ${describe(names)}, the order ${describe(expected.names)}`,
    );
  }
}

function checkKey(key: CsrKey): void {
  switch (key.kind) {
    case 'rsa':
      if (!RSA_BITS.includes(key.bits)) throw badCsr(`invalid public key in CSR: key size not supported: ${key.bits}`);
      if (key.exponent !== 65_537) throw badCsr('invalid public key in CSR: key exponent should be 65537');
      return;
    case 'ec':
      if (!GOOD_CURVES.includes(key.curve)) {
        throw badCsr(`invalid public key in CSR: ECDSA curve ${key.curve} not allowed`);
      }
      return;
    case 'other':
      throw badCsr(`invalid public key in CSR: unsupported key type ${key.name}`);
  }
}

function describe(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 100)));
  return names.length > 5 ? `${shown.join(', ')} and ${names.length - 5} more` : shown.join(', ');
}

const badCsr = (detail: string) => refuse('badCSR', detail);
