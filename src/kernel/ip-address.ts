import ipaddr from 'ipaddr.js';

/** A range of addresses: the base and the number of leading bits that must agree. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly text: string;
  readonly range: [ipaddr.IPv4 | ipaddr.IPv6, number];
}

const PLAIN_IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // ipaddr.js also reads 127.1, 0x7f.1 and fe80::1%eth0: none of them is an address record's value.
  if (text.includes(':') ? text.includes('%') || !ipaddr.IPv6.isValid(text) : !PLAIN_IPV4.test(text)) return undefined;
  if (text.includes(':')) return ipaddr.IPv6.parse(text);
  return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : undefined;
}

/**
 * The canonical text of an IPv4 or IPv6 address (RFC 5952 for the latter), or undefined when `text` is not one.
 * An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) is not accepted: it is neither an A nor a sensible AAAA.
 */
export function normalizeAddress(text: string): string | undefined {
  const address = parse(text);
  if (!address) return undefined;
  if (address.kind() === 'ipv6') {
    if ((address as ipaddr.IPv6).isIPv4MappedAddress()) return undefined;
    return (address as ipaddr.IPv6).toRFC5952String();
  }
  return address.toString();
}

/** 4 or 6, for a normalized address. */
export function addressFamily(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** The address as 4 or 16 octets in network order, for a normalized address. */
export function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address).toByteArray());
}

/** The normalized text of 4 or 16 octets. */
export function addressFromBytes(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address.kind() === 'ipv6' ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

/** Reads `10.0.0.0/8`, `fd00::/8`, or a single address; undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  try {
    const withLength = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
    const base = withLength.slice(0, withLength.indexOf('/'));
    if (!parse(base)) return undefined;
    const range = ipaddr.parseCIDR(withLength);
    return { family: range[0].kind() === 'ipv4' ? 4 : 6, text: withLength, range };
  } catch {
    return undefined;
  }
}

/** Is the normalized address inside one of the ranges? */
export function isInRanges(address: string, ranges: readonly Cidr[]): boolean {
  const parsed = ipaddr.parse(address);
  const family = parsed.kind() === 'ipv4' ? 4 : 6;
  return ranges.some((cidr) => cidr.family === family && parsed.match(cidr.range as [ipaddr.IPv4, number]));
}

function mustParseAll(texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (!cidr) throw new Error(`not a CIDR: ${text}`);
    return cidr;
  });
}

/** RFC 1918, CGNAT (RFC 6598), link-local (RFC 3927, RFC 4291) and ULA (RFC 4193). */
export const PRIVATE_RANGES = mustParseAll([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fe80::/10',
  'fc00::/7',
]);

export const LOOPBACK_RANGES = mustParseAll(['127.0.0.0/8', '::1/128']);
