import { wildcardOf, type WireName } from './name.js';
import type { ZoneNode } from './zone-node.js';
import type { ZoneView } from './zone.js';

/**
 * The source of synthesis (RFC 4592 section 3.3.1): the wildcard directly below the closest encloser. Names in between
 * block it by being the closest encloser themselves, also when they are empty non-terminals.
 */
export function sourceOfSynthesis(zone: ZoneView, encloser: WireName): Pick<ZoneNode, 'find' | 'any'> | undefined {
  const wildcard = wildcardOf(encloser);
  return wildcard === undefined ? undefined : zone.node(wildcard);
}
