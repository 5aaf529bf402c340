import type { Rrset } from './rrset.js';
import type { ZoneNode } from './zone-node.js';

/**
 * What a query for QTYPE ANY gets: one RRset of the name and not all of them (RFC 8482 section 4.1), so that it is no
 * use for reflection. Any one is right, the smallest kindest.
 */
export function oneRrset(node: Pick<ZoneNode, 'rrsets'>): Rrset | undefined {
  return node
    .rrsets()
    .reduce<Rrset | undefined>(
      (smallest, rrset) => (smallest && smallest.packed.length <= rrset.packed.length ? smallest : rrset),
      undefined,
    );
}
