import { createPublicKey } from 'node:crypto';

import { keyThumbprint } from './csr-reader.js';
import { x509 } from './x509.js';

/** The serial number of a DER certificate as lower-case hex without a sign octet; undefined for what is none. */
export function readSerial(der: Uint8Array): string | undefined {
  try {
    return new x509.X509Certificate(new Uint8Array(der)).serialNumber.toLowerCase();
  } catch {
    return undefined;
  }
}

/** RFC 7638 thumbprint of a certificate's public key. */
export async function certificateKeyThumbprint(der: Uint8Array): Promise<string> {
  const { publicKey } = new x509.X509Certificate(new Uint8Array(der));
  return keyThumbprint(createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' }));
}
