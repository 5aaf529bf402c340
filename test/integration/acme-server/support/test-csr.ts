import 'reflect-metadata';
import { webcrypto } from 'node:crypto';

import * as x509 from '@peculiar/x509';

export interface TestCsr {
  readonly der: Uint8Array;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface CsrWishes {
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly algorithm?: RsaOrEc;
  readonly otherAlternatives?: readonly { readonly type: 'ip' | 'email' | 'url'; readonly value: string }[];
  readonly keys?: webcrypto.CryptoKeyPair;
}

type RsaOrEc = webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams;

export const P256: webcrypto.EcKeyGenParams & { hash: string } = {
  name: 'ECDSA',
  namedCurve: 'P-256',
  hash: 'SHA-256',
};

export function rsa(
  modulusLength: number,
  publicExponent = [1, 0, 1],
  hash = 'SHA-256',
): webcrypto.RsaHashedKeyGenParams {
  return { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: Uint8Array.from(publicExponent), hash };
}

/** A PKCS #10 request with a key of its own. */
export async function makeCsr(wishes: CsrWishes): Promise<TestCsr> {
  const algorithm: RsaOrEc = wishes.algorithm ?? P256;
  const keys =
    wishes.keys ??
    ((await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair);
  const alternatives = [
    ...(wishes.names ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(wishes.otherAlternatives ?? []),
  ];
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    ...(wishes.commonName === undefined ? {} : { name: [{ CN: [wishes.commonName] }] }),
    keys,
    signingAlgorithm: { hash: 'SHA-256', ...algorithm },
    extensions: alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : [],
  });
  return { der: new Uint8Array(csr.rawData), keys };
}
