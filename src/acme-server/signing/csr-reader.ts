import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

import { calculateJwkThumbprint } from 'jose';

import type { CsrFacts, CsrKey } from '../domain/csr-policy.js';
import { AcmeRefusal } from '../domain/problem.js';
import { x509 } from './x509.js';

/** What a DER certificate signing request says. Throws `badCSR` for what is none. */
export async function readCsr(der: Uint8Array): Promise<CsrFacts> {
  try {
    const csr = new x509.Pkcs10CertificateRequest(new Uint8Array(der));
    const spki = new Uint8Array(csr.publicKey.rawData);
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const alternatives = csr.getExtension('2.5.29.17');
    const names = alternatives instanceof x509.SubjectAlternativeNameExtension ? alternatives.names.items : [];
    return {
      signatureValid: await isSignatureValid(csr),
      signatureHash: hashName(csr.signatureAlgorithm),
      key: describeKey(key),
      keyHash: createHash('sha256').update(spki).digest('hex'),
      keyThumbprint: await keyThumbprint(key),
      commonNames: csr.subjectName.getField('CN'),
      dnsNames: names.filter(({ type }) => type === 'dns').map(({ value }) => value),
      otherNameKinds: [...new Set(names.filter(({ type }) => type !== 'dns').map(({ type }) => type))],
    };
  } catch (error) {
    throw new AcmeRefusal(
      { type: 'badCSR', detail: 'Error parsing certificate request: it is not PKCS #10 in DER' },
      {},
      error,
    );
  }
}

/** RFC 7638 thumbprint of a public key; empty for kinds that have no JWK. */
export async function keyThumbprint(key: KeyObject): Promise<string> {
  try {
    return await calculateJwkThumbprint(key.export({ format: 'jwk' }) as Record<string, string>, 'sha256');
  } catch {
    return '';
  }
}

async function isSignatureValid(csr: InstanceType<typeof x509.Pkcs10CertificateRequest>): Promise<boolean> {
  try {
    return await csr.verify();
  } catch {
    // An algorithm that WebCrypto does not know, or a signature of the wrong form.
    return false;
  }
}

function hashName(algorithm: unknown): string {
  const { hash } = algorithm as { hash?: string | { name?: string } };
  return (typeof hash === 'string' ? hash : hash?.name) ?? 'unknown';
}

const CURVE_NAMES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

function describeKey(key: KeyObject): CsrKey {
  const details = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    return { kind: 'rsa', bits: details.modulusLength ?? 0, exponent: Number(details.publicExponent ?? 0) };
  }
  if (key.asymmetricKeyType === 'ec') {
    const curve = details.namedCurve ?? 'unknown';
    return { kind: 'ec', curve: CURVE_NAMES[curve] ?? curve };
  }
  return { kind: 'other', name: key.asymmetricKeyType ?? 'unknown' };
}
