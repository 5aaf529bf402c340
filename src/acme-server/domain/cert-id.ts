/**
 * The ARI identifier of a certificate (RFC 9773 section 4.1): base64url of the authority key identifier, a dot, and
 * base64url of the serial number's DER content octets. Those lead with 00 where the top bit is set, which a
 * serial in hex, as libraries print it, has lost.
 */
export function certIdOf(authorityKeyIdentifier: Uint8Array, serialHex: string): string {
  const even = serialHex.length % 2 === 0 ? serialHex : `0${serialHex}`;
  const octets = Buffer.from(even, 'hex');
  const start = octets.findIndex((octet) => octet !== 0);
  const magnitude = start < 0 ? Buffer.from([0]) : octets.subarray(start);
  const content = (magnitude[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude;
  return `${Buffer.from(authorityKeyIdentifier).toString('base64url')}.${content.toString('base64url')}`;
}

/** Is `text` two base64url strings without padding, joined by a dot? */
export function isWellFormedCertId(text: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(text) && text.length <= 200;
}
