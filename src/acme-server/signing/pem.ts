/** PEM (RFC 7468) of a DER certificate, with a final line feed. */
export function pemCertificate(der: Uint8Array): string {
  return pem('CERTIFICATE', der);
}

/** PEM of a PKCS #8 private key, with a final line feed. */
export function pemPrivateKey(pkcs8: Uint8Array): string {
  return pem('PRIVATE KEY', pkcs8);
}

/** The DER of the first block with this label, or undefined. */
export function pemToDer(text: string, label: string): Buffer | undefined {
  const match = new RegExp(`-----BEGIN ${label}-----([^-]+)-----END ${label}-----`).exec(text);
  return match?.[1] === undefined ? undefined : Buffer.from(match[1], 'base64');
}

function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g);
  return `-----BEGIN ${label}-----\n${(lines ?? []).join('\n')}\n-----END ${label}-----\n`;
}
