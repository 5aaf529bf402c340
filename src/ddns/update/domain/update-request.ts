import type { WireName } from '../../domain/name.js';
import type { RrsetReplacement } from '../../domain/zone-diff.js';
import type { Rrset } from '../../domain/rrset.js';

export const CLASS_NONE = 254;
export const CLASS_ANY = 255;

/** A record of the prerequisite or update section: of any class, with or without data. */
export interface UpdateRecord {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
  /** The unsigned 32 bits of the message. */
  readonly ttl: number;
  /** Names uncompressed and in lower case. */
  readonly rdata: Buffer;
}

/** The sections of an UPDATE message (RFC 2136 section 2.2) that its evaluation needs. */
export interface UpdateRequest {
  readonly prerequisites: readonly UpdateRecord[];
  readonly updates: readonly UpdateRecord[];
}

/** What an evaluation reads of the zone. */
export interface UpdateZone {
  readonly apex: WireName;
  /** Every RRset of a name; none for an empty non-terminal: it is not in use (RFC 2136 section 2.4). */
  rrsets(name: WireName): readonly Rrset[];
}

/** Why an update is refused, as the RCODE that says so. */
export type UpdateRcode = 'FORMERR' | 'REFUSED' | 'NXDOMAIN' | 'YXDOMAIN' | 'YXRRSET' | 'NXRRSET' | 'NOTZONE';

/** The update is refused and changes nothing. */
export interface UpdateRefusal {
  readonly rcode: UpdateRcode;
  /** For the log: names, types and the rule. */
  readonly detail: string;
}

export type UpdateOutcome =
  { readonly rcode: 'NOERROR'; readonly replacements: readonly RrsetReplacement[] } | UpdateRefusal;

/** The RRset of a name and type. */
export function findRrset(zone: UpdateZone, name: WireName, type: number): Rrset | undefined {
  return zone.rrsets(name).find((rrset) => rrset.type === type);
}
