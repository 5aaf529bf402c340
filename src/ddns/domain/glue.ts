import { isAtOrBelow } from './name.js';
import { TYPE } from './rr-type.js';
import type { OwnedRrset, Rrset } from './rrset.js';
import type { ZoneView } from './zone.js';

/**
 * The addresses that this zone holds of the name servers in an NS RRset, also those below a zone cut, where they exist
 * for this purpose only (RFC 1034 section 4.2.1, RFC 9471).
 */
export function glueFor(zone: ZoneView, ns: Rrset): OwnedRrset[] {
  const glue: OwnedRrset[] = [];
  for (const owner of ns.rdataStrings()) {
    if (!isAtOrBelow(owner, zone.apex)) continue;
    const node = zone.node(owner);
    for (const type of [TYPE.A, TYPE.AAAA]) {
      const rrset = node?.find(type);
      if (rrset) glue.push({ owner, rrset });
    }
  }
  return glue;
}
