import { isInRanges, normalizeAddress, parseCidr, type Cidr } from '../../kernel/ip-address.js';

/** Reads acme-dns's `allowfrom` entries: CIDR ranges, IPv6 ones with or without brackets. Undefined when one is not. */
export function readAllowFrom(texts: readonly string[]): Cidr[] | undefined {
  const ranges = texts.map((text) => parseCidr(text.replace(/^\[([^\]]*)\]/, '$1')));
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

/** May a client with this address come in? Without any range, each may. */
export function isAllowedFrom(texts: readonly string[], clientAddress: string | undefined): boolean {
  if (texts.length === 0) return true;
  const address = normalizeAddress((clientAddress ?? '').replace(/^::ffff:/, ''));
  return address !== undefined && isInRanges(address, readAllowFrom(texts) ?? []);
}
