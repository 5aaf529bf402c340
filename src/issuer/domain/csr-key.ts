import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

import { csrRejected } from './csr-rejected.js';
import { DER, DerError, derBits, derChildren, derExpect, derOid, readDer, type DerValue } from './der.js';
import { rsaWeakness } from './csr-rsa-weakness.js';

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const RSA_BITS = [2048, 3072, 4096];
const ADVICE = 'use EC P-256 or P-384, or RSA with 2048, 3072 or 4096 bits';

const CURVES: Readonly<Record<string, { readonly name: string; readonly pointBytes: number }>> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', pointBytes: 65 },
  '1.3.132.0.34': { name: 'P-384', pointBytes: 97 },
};

/** Kinds of keys that exist and that no public CA signs, by the OID of the algorithm or the curve. */
const REFUSED_KINDS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.10': 'RSA-PSS',
  '1.2.840.10040.4.1': 'DSA',
  '1.3.101.110': 'X25519',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
  '1.3.132.0.10': 'secp256k1',
  '1.3.132.0.33': 'P-224',
  '1.3.132.0.35': 'P-521',
};

/** A public key that CAs sign certificates for. */
export interface CsrKey {
  readonly key: KeyObject;
  readonly type: 'rsa' | 'ec';
  /** `EC P-256`, `RSA 2048`. */
  readonly description: string;
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal: the key's identity. */
  readonly spkiSha256: string;
}

/**
 * Checks a SubjectPublicKeyInfo (DER) as the Baseline Requirements (section 6.1.1.3) and Boulder do; throws DomainError
 * `csr_rejected` naming what is wrong with the key.
 */
export function checkKey(spki: Uint8Array): CsrKey {
  const [algorithm, bits] = derChildren(readDer(spki));
  const [oid, parameters] = derChildren(derExpect(algorithm, DER.sequence, 'the algorithm of the key'));
  const kind = derOid(oid);
  if (kind === RSA_ENCRYPTION) return checkRsa(spki);
  if (kind === EC_PUBLIC_KEY) return checkEc(spki, parameters, derBits(bits, 'the public key'));
  throw csrRejected(`Keys of the kind ${REFUSED_KINDS[kind] ?? kind} are not accepted: ${ADVICE}.`);
}

function checkRsa(spki: Uint8Array): CsrKey {
  const key = importKey(spki);
  if (!key) throw csrRejected('The RSA key cannot be read: make a new key.');
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (modulusLength === undefined || !RSA_BITS.includes(modulusLength)) {
    throw csrRejected(`RSA keys of ${modulusLength} bits are not accepted: use 2048, 3072 or 4096 bits.`);
  }
  if (publicExponent !== 65_537n) {
    throw csrRejected('The RSA key has a public exponent other than 65537: make a new key with 65537.');
  }
  const weakness = rsaWeakness(modulusOf(key));
  if (weakness) throw csrRejected(`The RSA key is weak (${weakness}): make a new key with another program.`);
  return accepted(key, spki, 'rsa', `RSA ${modulusLength}`);
}

function checkEc(spki: Uint8Array, parameters: DerValue | undefined, point: Uint8Array): CsrKey {
  if (parameters?.tag !== DER.oid) {
    throw csrRejected('The elliptic curve is given by its parameters and not by its name: use a named curve.');
  }
  const oid = derOid(parameters);
  const curve = CURVES[oid];
  if (!curve) {
    throw csrRejected(`Keys on the curve ${REFUSED_KINDS[oid] ?? oid} are not accepted: use P-256 or P-384.`);
  }
  if (point[0] !== 0x04 || point.length !== curve.pointBytes) {
    throw csrRejected(`The public key is not an uncompressed point of ${curve.name}: write it uncompressed.`);
  }
  const key = importKey(spki);
  if (!key) throw csrRejected(`The public key is not a point on ${curve.name}: make a new key.`);
  return accepted(key, spki, 'ec', `EC ${curve.name}`);
}

function accepted(key: KeyObject, spki: Uint8Array, type: CsrKey['type'], description: string): CsrKey {
  // Another encoding of the same key would have another digest, and pass for another key.
  if (!key.export({ type: 'spki', format: 'der' }).equals(spki)) {
    throw csrRejected('The public key is not in its one DER encoding (RFC 3279): make the CSR with another program.');
  }
  return { key, type, description, spkiSha256: createHash('sha256').update(spki).digest('hex') };
}

/** OpenSSL refuses numbers that make no key, and points that are not on their curve. */
function importKey(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' });
  } catch {
    return undefined;
  }
}

function modulusOf(key: KeyObject): bigint {
  const { n } = key.export({ format: 'jwk' });
  if (n === undefined) throw new DerError('the RSA key has no modulus');
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}
