import { createPublicKey, generateKeyPairSync } from 'node:crypto';

/** A new ACME account key, EC P-256 (every CA takes ES256), as PKCS#8 PEM. A secret. */
export function generateAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** The SubjectPublicKeyInfo (DER) of an account key: a CSR must not be for the same key (RFC 8555 section 11.1). */
export function accountPublicKeyDer(accountKeyPem: string): Buffer {
  return createPublicKey(accountKeyPem).export({ type: 'spki', format: 'der' });
}
