/** RFC 9773 section 4.1: base64url of the authority key identifier, a dot, base64url of the serial. */
const CERT_ID = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

export interface AriCertIdParts {
  /** The authority key identifier's keyIdentifier. */
  readonly keyIdentifier: Uint8Array;
  /**
   * The content octets of the serial's DER INTEGER. They start with 00 where the next octet has its top bit set; libraries'
   * serial numbers have lost that octet, and a certID without it names no certificate.
   */
  readonly serial: Uint8Array;
}

/** The identifier by which ARI knows a certificate. */
export function ariCertId({ keyIdentifier, serial }: AriCertIdParts): string {
  return `${Buffer.from(keyIdentifier).toString('base64url')}.${Buffer.from(serial).toString('base64url')}`;
}

/** Takes a certID apart; undefined when it is not one, or not in its one encoding. */
export function parseAriCertId(certId: string): AriCertIdParts | undefined {
  const [, keyIdentifier = '', serial = ''] = CERT_ID.exec(certId) ?? [];
  const parts = { keyIdentifier: Buffer.from(keyIdentifier, 'base64url'), serial: Buffer.from(serial, 'base64url') };
  return ariCertId(parts) === certId && parts.serial.length > 0 ? parts : undefined;
}
