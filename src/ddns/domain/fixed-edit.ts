import { DomainError } from '../../kernel/errors.js';
import { isWildcard, parentOf, presentName, type WireName } from './name.js';
import { TYPE, typeName } from './rr-type.js';
import { FIXED, type StoredRrset } from './stored-rrset.js';
import type { EditScope, ZoneEdit } from './zone-edit.js';

/** An RRset that an operator sets. */
export interface FixedRrset {
  readonly name: WireName;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** At least one. */
  readonly rdatas: readonly Buffer[];
}

/** An answer has to fit into a TCP message; 12 octets a record come on top of its data. */
const MAX_RRSET_OCTETS = 60_000;
const RECORD_OCTETS = 12;

/** What an edit of fixed records at `name` reads: the name, those above it, and below it what a delegation would hide. */
export function fixedScope(name: WireName, apex: WireName): EditScope {
  if (name === apex) return { names: [apex] };
  return { names: ancestors(name, apex), subtrees: [name] };
}

/** The names above `name`, up to the apex; for the apex itself none. */
export function ancestors(name: WireName, apex: WireName): WireName[] {
  const above: WireName[] = [];
  for (let at = name; at !== apex;) {
    const parent = parentOf(at);
    if (parent === undefined) throw new Error('The name is not in the zone.');
    above.push(parent);
    at = parent;
  }
  return above;
}

/**
 * Replaces the operators' values of a name and type. Other owners' records are out of reach: the SOA, the NS records and
 * glue of the configuration, and everything of devices.
 * @throws DomainError `record_rejected`
 */
export function putFixed(zone: ZoneEdit, rrset: FixedRrset): void {
  const { name, type, ttl, rdatas } = rrset;
  const there = zone.at(name);
  refuseForeign(zone, there, type);
  refuseAtApex(zone, rrset);
  refuseBesideCname(there, rrset);
  refuseAroundDelegation(zone, rrset);
  const others = values(there, type).filter(({ owner }) => owner !== FIXED);
  const all = [...others, ...rdatas.map((rdata) => ({ rdata, owner: FIXED }))];
  const octets = all.reduce((sum, { rdata }) => sum + RECORD_OCTETS + rdata.length, 0);
  if (octets > MAX_RRSET_OCTETS) throw rejected('These values are more than one answer can hold (60,000 octets).');
  zone.put(name, type, ttl, all);
}

/** Takes the operators' values of a name and type out. @returns whether there were any. */
export function deleteFixed(zone: ZoneEdit, name: WireName, type: number): boolean {
  const rrset = zone.find(name, type);
  const others = rrset?.values.filter(({ owner }) => owner !== FIXED) ?? [];
  if (!rrset || others.length === rrset.values.length) return false;
  zone.put(name, type, rrset.ttl, others);
  return true;
}

/** The CA's CAA values are the only ones that operators' may stand beside. */
function refuseForeign(zone: ZoneEdit, there: readonly StoredRrset[], type: number): void {
  const isShared = (rrset: StoredRrset): boolean => rrset.name === zone.apex && rrset.type === TYPE.CAA;
  const foreign = there.find(
    (rrset) => rrset.type === type && !isShared(rrset) && rrset.values.some(({ owner }) => owner !== FIXED),
  );
  if (foreign) {
    throw rejected(`The ${typeName(type)} records of ${presentName(foreign.name)} are kept by the server itself.`);
  }
}

function refuseAtApex(zone: ZoneEdit, { name, type }: FixedRrset): void {
  if (name !== zone.apex) return;
  if (type === TYPE.NS) throw rejected('The NS records of the apex are those of FLEETCERT_NAMESERVERS.');
  if (type === TYPE.CNAME) throw rejected('The apex cannot be an alias: it has SOA and NS records (RFC 1912 2.4).');
}

/** RFC 1034 section 3.6.2: a name with a CNAME record has nothing else, and one of it. */
function refuseBesideCname(there: readonly StoredRrset[], { name, type, rdatas }: FixedRrset): void {
  const others = there.filter((rrset) => rrset.type !== type);
  if (type === TYPE.CNAME && others.length > 0) {
    throw rejected(`${presentName(name)} has ${types(others)} records; a CNAME record has to be alone.`);
  }
  if (type === TYPE.CNAME && rdatas.length > 1) throw rejected('A name can have one CNAME record only.');
  if (type !== TYPE.CNAME && others.some((rrset) => rrset.type === TYPE.CNAME)) {
    throw rejected(`${presentName(name)} has a CNAME record, beside which there can be no other.`);
  }
}

/** A delegation hides what is at and below it (RFC 1034 section 4.2.1), but for the addresses of its name servers. */
function refuseAroundDelegation(zone: ZoneEdit, { name, type }: FixedRrset): void {
  if (name === zone.apex) return;
  const isGlue = type === TYPE.A || type === TYPE.AAAA;
  const above = ancestors(name, zone.apex).filter((ancestor) => ancestor !== zone.apex);
  const cut = [...(type === TYPE.NS ? [] : [name]), ...above].find((owner) => zone.find(owner, TYPE.NS));
  if (cut !== undefined && !isGlue) {
    throw rejected(`${presentName(cut)} is delegated: its own name servers answer for ${presentName(name)}.`);
  }
  if (type !== TYPE.NS) return;
  if (isWildcard(name)) throw rejected('A wildcard cannot be delegated (RFC 4592 section 4.2).');
  const hidden = zone.atOrBelow(name).find((rrset) => rrset.type !== TYPE.NS && !isAddress(rrset));
  const foreign = zone.atOrBelow(name).find((rrset) => rrset.values.some(({ owner }) => owner !== FIXED));
  const inTheWay = hidden ?? foreign;
  if (inTheWay) {
    throw rejected(
      `The delegation would hide the ${typeName(inTheWay.type)} records of ${presentName(inTheWay.name)}; remove them first.`,
    );
  }
}

function isAddress({ type }: StoredRrset): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}

function values(there: readonly StoredRrset[], type: number): StoredRrset['values'] {
  return there.find((rrset) => rrset.type === type)?.values ?? [];
}

function types(rrsets: readonly StoredRrset[]): string {
  return rrsets.map(({ type }) => typeName(type)).join(', ');
}

function rejected(detail: string): DomainError {
  return new DomainError('record_rejected', detail);
}
