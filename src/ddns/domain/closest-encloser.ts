import type { WireName } from './name.js';
import type { ZoneView } from './zone.js';

/**
 * The existing name that shares the most labels with a name that does not exist (RFC 4592 section 3.3.1). It searches
 * from the apex down and stops at the first label that is not there, so that a name of a hundred random labels costs no
 * more than one of one.
 */
export function closestEncloser(zone: ZoneView, missing: WireName): WireName {
  const ancestors = ancestorsBelowApex(missing, zone.apex);
  let closest = zone.apex;
  for (let index = ancestors.length - 1; index >= 0; index -= 1) {
    const ancestor = missing.slice(ancestors[index]);
    if (!zone.node(ancestor)) break;
    closest = ancestor;
  }
  return closest;
}

/** Where in `name` its ancestors below the apex begin, the longest first; without the name itself. */
export function ancestorsBelowApex(name: WireName, apex: WireName): number[] {
  const offsets: number[] = [];
  const apexOffset = name.length - apex.length;
  for (let at = 1 + name.charCodeAt(0); at < apexOffset; at += 1 + name.charCodeAt(at)) offsets.push(at);
  return offsets;
}
