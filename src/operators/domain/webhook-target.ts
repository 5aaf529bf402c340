import { isInRanges, normalizeAddress, parseCidr, type Cidr } from '../../kernel/ip-address.js';

/**
 * Where no webhook may go: addresses that are no host, and those at which cloud providers hand out credentials to
 * whoever asks from inside. Private addresses are allowed: that is where operators' systems are.
 */
const FORBIDDEN: readonly Cidr[] = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '224.0.0.0/3',
  '::/128',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  'ff00::/8',
].flatMap((text) => parseCidr(text) ?? []);

/** NAT64 (RFC 6052): the range of the IPv4 address inside counts. */
const NAT64 = /^64:ff9b::([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** @param address as the resolver gave it, or as a URL has it */
export function isForbiddenTarget(address: string): boolean {
  // What is not a plain address (an IPv4-mapped one, say) has no business in a URL.
  const plain = normalizeAddress(address.replace(/^\[|\]$/g, '').replace(/%.*$/, ''));
  if (plain === undefined) return true;
  const inner = innerIpv4(plain);
  return isInRanges(plain, FORBIDDEN) || (inner !== undefined && isInRanges(inner, FORBIDDEN));
}

function innerIpv4(address: string): string | undefined {
  const groups = NAT64.exec(address);
  if (!groups) return undefined;
  const [high, low] = [parseInt(groups[1]!, 16), parseInt(groups[2]!, 16)];
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
