import type { PublicJwk } from './account.js';
import { isBase64Url } from './jws.js';
import { refuse } from './problem.js';

/** Signature algorithms of account keys. RFC 8555 section 6.2 asks for ES256 and recommends EdDSA. */
export const SIGNATURE_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA', 'Ed25519'] as const;

/** Key sizes that Boulder accepts, for accounts and certificates alike. */
export const RSA_BITS: readonly number[] = [2048, 3072, 4096];

const CURVES: Readonly<Record<string, { readonly octets: number; readonly algorithm: string }>> = {
  'P-256': { octets: 32, algorithm: 'ES256' },
  'P-384': { octets: 48, algorithm: 'ES384' },
  'P-521': { octets: 66, algorithm: 'ES512' },
};

export interface AccountKey {
  /** The required members only, so that equal keys have equal JSON. */
  readonly jwk: PublicJwk;
  readonly algorithms: readonly string[];
}

/** A public key that may sign requests; throws `badPublicKey` with what is wrong (RFC 8555 section 6.2). */
export function readAccountKey(jwk: Readonly<Record<string, unknown>>): AccountKey {
  if (['d', 'p', 'q', 'k'].some((member) => member in jwk)) {
    throw refuse('badPublicKey', 'JWK holds private key material: this key is no longer a secret, make a new one');
  }
  switch (jwk['kty']) {
    case 'EC':
      return readEcKey(jwk);
    case 'RSA':
      return readRsaKey(jwk);
    case 'OKP':
      return readEdwardsKey(jwk);
    default:
      throw refuse('badPublicKey', 'JWK contains unsupported key type (expected RSA, EC or OKP)');
  }
}

/** Throws `badSignatureAlgorithm` with the list of what the key may sign with (RFC 8555 section 6.2). */
export function assertAlgorithm(algorithm: string, key: AccountKey): void {
  if (!key.algorithms.includes(algorithm)) {
    throw refuse(
      'badSignatureAlgorithm',
      `JWS signature header algorithm ${JSON.stringify(algorithm)} does not match the key, expected ${key.algorithms.join(' or ')}`,
      { algorithms: key.algorithms },
    );
  }
}

/** Throws `badSignatureAlgorithm` with all that this server knows. */
export function assertKnownAlgorithm(algorithm: string): void {
  if (!(SIGNATURE_ALGORITHMS as readonly string[]).includes(algorithm)) {
    throw refuse(
      'badSignatureAlgorithm',
      `JWS signature header contains unsupported algorithm ${JSON.stringify(algorithm.slice(0, 50))}, expected one of ${SIGNATURE_ALGORITHMS.join(', ')}`,
      { algorithms: SIGNATURE_ALGORITHMS },
    );
  }
}

function readEcKey({ crv, x, y }: Readonly<Record<string, unknown>>): AccountKey {
  const curve = typeof crv === 'string' ? CURVES[crv] : undefined;
  if (!curve || typeof crv !== 'string') {
    throw refuse('badPublicKey', 'JWK contains an unsupported curve (expected P-256, P-384 or P-521)');
  }
  if (!hasOctets(x, curve.octets) || !hasOctets(y, curve.octets)) {
    throw refuse('badPublicKey', `JWK coordinates of ${crv} must be ${curve.octets} octets, base64url`);
  }
  return { jwk: { crv, kty: 'EC', x, y }, algorithms: [curve.algorithm] };
}

function readRsaKey({ n, e }: Readonly<Record<string, unknown>>): AccountKey {
  const modulus = decodeCanonical(n);
  if (!modulus) throw refuse('badPublicKey', 'JWK modulus is not base64url');
  // Base64urlUInt (RFC 7518 section 2) has no leading zero octets: equal keys have one thumbprint.
  if (modulus[0] === 0) throw refuse('badPublicKey', 'JWK modulus has leading zero octets');
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (!RSA_BITS.includes(bits)) {
    throw refuse('badPublicKey', `key size not supported: ${Math.max(bits, 0)}, expected ${RSA_BITS.join(', ')}`);
  }
  if (e !== 'AQAB') throw refuse('badPublicKey', 'key exponent should be 65537');
  return { jwk: { e, kty: 'RSA', n: modulus.toString('base64url') }, algorithms: ['RS256'] };
}

function readEdwardsKey({ crv, x }: Readonly<Record<string, unknown>>): AccountKey {
  if (crv !== 'Ed25519' || !hasOctets(x, 32)) {
    throw refuse('badPublicKey', 'JWK contains an unsupported curve (expected Ed25519, 32 octets, base64url)');
  }
  return { jwk: { crv, kty: 'OKP', x }, algorithms: ['EdDSA', 'Ed25519'] };
}

function hasOctets(value: unknown, octets: number): value is string {
  return decodeCanonical(value)?.length === octets;
}

/** Octets have several texts that differ in bits that say nothing: only one of them is taken, so that a key has one JWK. */
function decodeCanonical(value: unknown): Buffer | undefined {
  if (!isBase64Url(value)) return undefined;
  const octets = Buffer.from(value, 'base64url');
  return octets.toString('base64url') === value ? octets : undefined;
}
