import { NO_RRSETS, type LookupResult } from './lookup-result.js';
import { parseSoa } from './soa.js';
import { Rrset, type OwnedRrset } from './rrset.js';

/** The name does not exist. */
export const NXDOMAIN: LookupResult = {
  kind: 'nxdomain',
  answer: NO_RRSETS,
  authority: NO_RRSETS,
  additional: NO_RRSETS,
};

/** The name exists, without records of this type. */
export const NODATA: LookupResult = { ...NXDOMAIN, kind: 'nodata' };

/**
 * The SOA as it stands in the authority section of a negative answer: with the smaller of its own TTL and its minimum
 * as TTL (RFC 2308 section 3), which is how long a resolver may remember that there is nothing.
 */
export function negativeSoa(soa: Rrset): Rrset {
  const rdatas = soa.rdatas();
  return Rrset.of(soa.type, Math.min(soa.ttl, parseSoa(rdatas[0]!).minimum), rdatas);
}

/** A negative result behind the aliases that led to it (RFC 2308 section 2.1, RFC 6604 section 3). */
export function behindAliases(result: LookupResult, aliases: readonly OwnedRrset[]): LookupResult {
  return aliases.length === 0 ? result : { ...result, answer: [...aliases, ...result.answer] };
}
