import type { OwnedRrset } from './rrset.js';

/**
 * What a lookup found (RFC 1034 section 4.3.2).
 *
 * - `answer`: there are records.
 * - `nodata`: the name exists, without records of this type; with `answer` set, an alias led there.
 * - `nxdomain`: the name does not exist; with `answer` set, an alias led there.
 * - `referral`: the name is in a zone that is delegated away.
 */
export type ResultKind = 'answer' | 'nodata' | 'nxdomain' | 'referral';

export interface LookupResult {
  readonly kind: ResultKind;
  readonly answer: readonly OwnedRrset[];
  /** NS records of a referral. The SOA of a negative result is not in here: it needs the negative TTL. */
  readonly authority: readonly OwnedRrset[];
  /** Glue. */
  readonly additional: readonly OwnedRrset[];
}

export const NO_RRSETS: readonly OwnedRrset[] = [];
