import { webcrypto } from 'node:crypto';

import {
  generateKeys,
  makeIntermediate,
  makeRoot,
  SIGNING_ALGORITHM,
  type CaKeyPair,
} from '../signing/certificate-authority.js';
import { pemCertificate, pemPrivateKey, pemToDer } from '../signing/pem.js';
import { x509 } from '../signing/x509.js';

const YEAR = 365 * 86_400;

/**
 * What the sandbox's CA consists of. The intermediate has one key and two certificates: one below the root, one below
 * the alternate root (cross-signed), so that there are two chains. The TLS root has nothing to do with them: it vouches
 * for the listener only.
 */
export interface CaMaterial {
  readonly root: CaKeyPair;
  readonly alternateRoot: CaKeyPair;
  readonly intermediate: CaKeyPair;
  readonly crossIntermediate: CaKeyPair;
  readonly tlsRoot: CaKeyPair;
}

/** The names of the files of one certificate and its key. */
export interface CaFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The files of the material, by what is in them. The cross-signed intermediate shares the intermediate's key. */
export const CA_FILES = {
  root: { certificate: 'ca-root.pem', key: 'ca-root-key.pem' },
  alternateRoot: { certificate: 'ca-alternate-root.pem', key: 'ca-alternate-root-key.pem' },
  intermediate: { certificate: 'ca-intermediate.pem', key: 'ca-intermediate-key.pem' },
  crossIntermediate: { certificate: 'ca-cross-intermediate.pem', key: 'ca-intermediate-key.pem' },
  tlsRoot: { certificate: 'ca-tls-root.pem', key: 'ca-tls-root-key.pem' },
} as const satisfies Record<keyof CaMaterial, CaFiles>;

/** Makes everything anew. */
export async function makeCaMaterial(now: Date): Promise<CaMaterial> {
  const root = await makeRoot('fleetcert sandbox root', now, 20 * YEAR);
  const alternateRoot = await makeRoot('fleetcert sandbox alternate root', now, 20 * YEAR);
  const keys = await generateKeys();
  const name = 'fleetcert sandbox intermediate';
  return {
    root,
    alternateRoot,
    intermediate: await makeIntermediate(name, root, now, 10 * YEAR, keys),
    crossIntermediate: await makeIntermediate(name, alternateRoot, now, 10 * YEAR, keys),
    tlsRoot: await makeRoot('fleetcert sandbox TLS root', now, 20 * YEAR),
  };
}

/** The file contents of a certificate and its key. */
export async function encodeCaKeyPair(pair: CaKeyPair): Promise<{ certificatePem: string; keyPem: string }> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey);
  return {
    certificatePem: pemCertificate(new Uint8Array(pair.certificate.rawData)),
    keyPem: pemPrivateKey(new Uint8Array(pkcs8)),
  };
}

/** Reads a certificate and its key; throws when they are not that. */
export async function decodeCaKeyPair(certificatePem: string, keyPem: string): Promise<CaKeyPair> {
  const pkcs8 = pemToDer(keyPem, 'PRIVATE KEY');
  const der = pemToDer(certificatePem, 'CERTIFICATE');
  if (!pkcs8 || !der) throw new Error('not PEM');
  const certificate = new x509.X509Certificate(new Uint8Array(der));
  return {
    certificate,
    privateKey: await webcrypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), SIGNING_ALGORITHM, true, ['sign']),
    publicKey: await certificate.publicKey.export(),
  };
}
