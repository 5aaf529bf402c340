import { DomainError } from '../../kernel/errors.js';
import { presentName, type WireName } from './name.js';
import { TYPE } from './rr-type.js';
import type { RecordOwner, StoredValue } from './stored-rrset.js';
import type { ZoneEdit } from './zone-edit.js';

/** A challenge lives for a minute and gets company at any time: no resolver should answer from its memory. */
export const CHALLENGE_TTL_SECONDS = 1;

/** An answer has to fit into a TCP message; 12 octets a record come on top of its data. */
const MAX_RRSET_OCTETS = 60_000;
const RECORD_OCTETS = 12;

/** Adds a TXT value beside those that are there (RFC 8555 section 8.4: any number at once). */
export function addChallenge(zone: ZoneEdit, name: WireName, value: StoredValue): void {
  const rrsets = zone.at(name);
  if (rrsets.some(({ type }) => type === TYPE.CNAME)) {
    throw new DomainError('conflict', `${presentName(name)} has a CNAME record; an operator has to remove it first.`);
  }
  const values = rrsets.find(({ type }) => type === TYPE.TXT)?.values ?? [];
  if (values.some(({ owner, rdata }) => owner === value.owner && rdata.equals(value.rdata))) return;
  const octets = [...values, value].reduce((sum, { rdata }) => sum + RECORD_OCTETS + rdata.length, 0);
  if (octets > MAX_RRSET_OCTETS) {
    throw new DomainError('record_rejected', `${presentName(name)} has as many TXT values as one answer can hold.`);
  }
  zone.put(name, TYPE.TXT, CHALLENGE_TTL_SECONDS, [...values, value]);
}

/** Takes out every TXT value of an owner; those of others stay. */
export function removeChallenges(zone: ZoneEdit, owner: RecordOwner): void {
  for (const { name, type, ttl, values } of zone.ofTxtOwner(owner)) {
    zone.put(
      name,
      type,
      ttl,
      values.filter((value) => value.owner !== owner),
    );
  }
}
