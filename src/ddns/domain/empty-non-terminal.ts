import type { ZoneNode } from './zone-node.js';

/**
 * A name that exists only because of names below it (RFC 4592 section 2.2.2): answered with NODATA, never NXDOMAIN,
 * which would deny what is below it too (RFC 8020).
 */
export function isEmptyNonTerminal(node: Pick<ZoneNode, 'any' | 'children'>): boolean {
  return node.any === undefined && node.children > 0;
}
