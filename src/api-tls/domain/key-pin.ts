import { createHash } from 'node:crypto';

/**
 * The pin of a public key, `sha256//…` in base64, as curl's `--pinnedpubkey` takes it (RFC 7469 section 2.4: the SHA-256
 * of the SubjectPublicKeyInfo). It outlives every certificate for the key, and needs neither a clock nor a root.
 */
export function keyPin(spkiDer: Uint8Array): string {
  return `sha256//${createHash('sha256').update(spkiDer).digest('base64')}`;
}

/** SHA-256 of a certificate as browsers and `openssl x509 -fingerprint -sha256` write it. */
export function fingerprint(certificateDer: Uint8Array): string {
  return createHash('sha256').update(certificateDer).digest('hex').toUpperCase().match(/../g)!.join(':');
}
