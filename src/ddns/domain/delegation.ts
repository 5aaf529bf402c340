import { ancestorsBelowApex } from './closest-encloser.js';
import { glueFor } from './glue.js';
import { NO_RRSETS, type LookupResult } from './lookup-result.js';
import type { WireName } from './name.js';
import { TYPE } from './rr-type.js';
import type { OwnedRrset } from './rrset.js';
import type { ZoneView } from './zone.js';

/**
 * The topmost zone cut at or above a name: an NS RRset below the apex. What lies at or below it belongs to the child
 * zone, whatever else may be stored there (RFC 1034 section 4.2.1).
 */
export function findCut(zone: ZoneView, name: WireName): OwnedRrset | undefined {
  if (zone.cuts === 0 || name === zone.apex) return undefined;
  const ancestors = ancestorsBelowApex(name, zone.apex);
  for (let index = ancestors.length - 1; index >= -1; index -= 1) {
    const owner = index === -1 ? name : name.slice(ancestors[index]);
    const node = zone.node(owner);
    if (!node) return undefined;
    const rrset = node.find(TYPE.NS);
    if (rrset) return { owner, rrset };
  }
  return undefined;
}

/** Sends the resolver to the child's name servers: their names, and their addresses where this zone has them. */
export function referral(zone: ZoneView, cut: OwnedRrset): LookupResult {
  return { kind: 'referral', answer: NO_RRSETS, authority: [cut], additional: glueFor(zone, cut.rrset) };
}
