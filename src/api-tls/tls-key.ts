import { createHash, webcrypto } from 'node:crypto';

import { generateKeys, newSerial, SIGNING_ALGORITHM } from '../acme-server/signing/certificate-authority.js';
import { pemCertificate, pemPrivateKey } from '../acme-server/signing/pem.js';
import { x509 } from '../acme-server/signing/x509.js';
import { addSeconds } from '../kernel/clock.js';
import type { ApiName } from './domain/api-name.js';

/** The key is what counts, and devices pin it: its first certificate may last as long as the key. */
const LIFETIME_SECONDS = 20 * 365 * 86_400;
/** Clients whose clock is a little slow. */
const SLOW_CLOCK_SECONDS = 86_400;

/** A key for the API's name, with what is made of it. */
export interface TlsKey {
  /** PKCS #8. */
  readonly keyPem: string;
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo. */
  readonly spkiSha256: string;
  readonly csrDer: Buffer;
  readonly selfSignedPem: string;
}

/** Makes a P-256 key, a CSR for the name, and a certificate that the key signs for itself until a CA has signed one. */
export async function makeTlsKey({ host, isAddress }: ApiName, now: Date): Promise<TlsKey> {
  const keys = await generateKeys();
  const names = new x509.SubjectAlternativeNameExtension([{ type: isAddress ? 'ip' : 'dns', value: host }]);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [],
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [names],
  });
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ O: ['fleetcert: self-signed, until a CA has signed'] }],
    keys,
    notBefore: addSeconds(now, -SLOW_CLOCK_SECONDS),
    notAfter: addSeconds(now, LIFETIME_SECONDS),
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      names,
    ],
  });
  const spki = await webcrypto.subtle.exportKey('spki', keys.publicKey);
  return {
    keyPem: pemPrivateKey(new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))),
    spkiSha256: createHash('sha256').update(Buffer.from(spki)).digest('hex'),
    csrDer: Buffer.from(csr.rawData),
    selfSignedPem: pemCertificate(new Uint8Array(certificate.rawData)),
  };
}
