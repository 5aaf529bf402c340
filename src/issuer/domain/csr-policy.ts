import { verify } from 'node:crypto';

import { checkKey, type CsrKey } from './csr-key.js';
import { csrRejected, quoted } from './csr-rejected.js';
import type { Csr } from './csr-reader.js';
import { DerError } from './der.js';

/** Entries of the subjectAltName: what CAs take. */
const MAX_NAMES = 100;
/** ub-common-name (RFC 5280, appendix A.1). */
const MAX_COMMON_NAME_LENGTH = 64;

interface SignatureAlgorithm {
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly keyType: CsrKey['type'];
}

const SIGNATURE_ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.113549.1.1.11': { hash: 'sha256', keyType: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', keyType: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', keyType: 'rsa' },
  '1.2.840.10045.4.3.2': { hash: 'sha256', keyType: 'ec' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', keyType: 'ec' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', keyType: 'ec' },
};

const WEAK_HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
};

const REFUSED_ALT_NAMES = {
  ip: 'IP addresses',
  email: 'mail addresses',
  uri: 'URIs',
  other: 'names other than DNS names',
} as const;

export interface CheckedCsr {
  readonly der: Uint8Array;
  /** Lower case, sorted, each once. */
  readonly names: readonly string[];
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal. */
  readonly spkiSha256: string;
  /** `EC P-256`, `RSA 2048`. */
  readonly keyDescription: string;
}

/** The names of a device, absolute. */
export interface CsrNames {
  readonly deviceName: string;
  readonly aliases?: readonly string[];
  /** DNS answers what is below the device's names: then a certificate may hold `*.` below its aliases, too. */
  readonly wildcard?: boolean;
}

/**
 * Decides whether a CSR may be ordered for a device: a key that CAs sign, proved by the signature, and no name but the
 * device's own (`deviceName` and `*.` directly below it, its aliases, and `*.` below them where it has the wildcard). Extensions other than subjectAltName and basicConstraints do not
 * matter, critical or not: the CA writes its own. Throws DomainError `csr_rejected` with one sentence a reason.
 */
export function checkCsr(csr: Csr, device: CsrNames): CheckedCsr {
  const key = checkedKey(csr);
  checkSignature(csr, key);
  if (csr.asksForCa) {
    throw csrRejected('The CSR asks for a CA certificate (CA:TRUE): ask for an end-entity certificate.');
  }
  return {
    der: csr.der,
    names: checkNames(csr, device),
    spkiSha256: key.spkiSha256,
    keyDescription: key.description,
  };
}

function checkedKey(csr: Csr): CsrKey {
  try {
    return checkKey(csr.publicKey);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw csrRejected(`The public key in the CSR is not well-formed (${error.message}): make it anew.`, error);
  }
}

function checkSignature(csr: Csr, key: CsrKey): void {
  const weak = WEAK_HASHES[csr.signatureAlgorithm];
  if (weak) throw csrRejected(`The CSR is signed with ${weak}, which is broken: sign it with SHA-256.`);
  const algorithm = SIGNATURE_ALGORITHMS[csr.signatureAlgorithm];
  if (!algorithm) {
    throw csrRejected(
      `The CSR is signed by the algorithm ${csr.signatureAlgorithm}, which CAs do not take: use ECDSA or RSA (PKCS #1 v1.5) with SHA-256.`,
    );
  }
  if (csr.signatureHasParameters) {
    throw csrRejected('The signature algorithm of the CSR has parameters where it must have none: make the CSR anew.');
  }
  if (algorithm.keyType !== key.type) {
    throw csrRejected('The signature algorithm of the CSR does not fit the kind of its key: make the CSR anew.');
  }
  if (!verify(algorithm.hash, csr.signedPart, { key: key.key, dsaEncoding: 'der' }, csr.signature)) {
    throw csrRejected('The signature of the CSR does not verify: sign it with the key that is in it.');
  }
}

function checkNames(csr: Csr, device: CsrNames): readonly string[] {
  const deviceName = device.deviceName.toLowerCase();
  for (const kind of ['ip', 'email', 'uri', 'other'] as const) {
    if (csr.altNames.some((altName) => altName.kind === kind)) {
      throw csrRejected(`The CSR holds ${REFUSED_ALT_NAMES[kind]}: leave only DNS names in its subjectAltName.`);
    }
  }
  const altNames = csr.altNames.map(({ value }) => value);
  if (altNames.length > MAX_NAMES) {
    throw csrRejected(`The CSR holds ${altNames.length} names: at most ${MAX_NAMES} are allowed.`);
  }
  const commonNames = csr.commonNames.filter((name) => name !== '');
  if (commonNames.length > 1) {
    throw csrRejected('The subject of the CSR holds more than one common name: leave one, or none.');
  }
  if (commonNames.some((name) => name.length > MAX_COMMON_NAME_LENGTH)) {
    throw csrRejected(
      `The common name of the CSR is longer than ${MAX_COMMON_NAME_LENGTH} characters: leave it out, and put the name into the subjectAltName.`,
    );
  }
  const names = [...commonNames, ...altNames];
  if (names.length === 0) {
    throw csrRejected(`The CSR holds no name: put ${deviceName} into its subjectAltName.`);
  }
  const aliases = (device.aliases ?? []).map((name) => name.toLowerCase());
  const own = [
    deviceName,
    `*.${deviceName}`,
    ...aliases.flatMap((name) => (device.wildcard ? [name, `*.${name}`] : [name])),
  ];
  const foreign = names.find((name) => !own.includes(foldCase(name)));
  if (foreign !== undefined) {
    throw csrRejected(`The name ${quoted(foreign)} is not this device's: a CSR may hold ${listed(own)} only.`);
  }
  return [...new Set(names.map(foldCase))].toSorted();
}

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

/** Only ASCII has letter case in DNS (RFC 4343): a Kelvin sign must not become a k. */
function foldCase(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
