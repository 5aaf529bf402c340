import type { WireName } from './name.js';
import { Rrset, type ResourceRecord } from './rrset.js';

/**
 * One change of a zone, as the journal keeps it and IXFR sends it (RFC 1995): whole records that go and that come. The
 * old and the new SOA are the first of each. A changed TTL is a record that goes and one that comes.
 */
export interface ZoneDiff {
  readonly serialFrom: number;
  readonly serial: number;
  readonly removed: readonly ResourceRecord[];
  readonly added: readonly ResourceRecord[];
}

/** What a name and type have to hold after a change; undefined: nothing. */
export interface RrsetReplacement {
  readonly name: WireName;
  readonly type: number;
  readonly rrset: Rrset | undefined;
}

/** The records that go and come when `before` becomes `after`. */
export function diffRrset(
  name: WireName,
  before: Rrset | undefined,
  after: Rrset | undefined,
): Pick<ZoneDiff, 'removed' | 'added'> {
  const old = before?.records(name) ?? [];
  const fresh = after?.records(name) ?? [];
  if (before?.ttl !== after?.ttl || before?.ofDevice !== after?.ofDevice) return { removed: old, added: fresh };
  const oldKeys = new Set(old.map(rdataKey));
  const freshKeys = new Set(fresh.map(rdataKey));
  return {
    removed: old.filter((record) => !freshKeys.has(rdataKey(record))),
    added: fresh.filter((record) => !oldKeys.has(rdataKey(record))),
  };
}

/**
 * What each name and type that a diff touches has to hold afterwards, or undefined when the diff removes a record that
 * is not there.
 */
export function replaceRecords(
  diff: Pick<ZoneDiff, 'removed' | 'added'>,
  current: (name: WireName, type: number) => Rrset | undefined,
): RrsetReplacement[] | undefined {
  const sets = new Map<
    string,
    { name: WireName; type: number; ttl: number; ofDevice: boolean; rdatas: Map<string, Uint8Array> }
  >();
  const setOf = ({ name, type }: ResourceRecord) => {
    const key = `${type} ${name}`;
    let set = sets.get(key);
    if (!set) {
      const rrset = current(name, type);
      const rdatas = new Map(rrset?.rdatas().map((rdata) => [rdata.toString('latin1'), rdata]));
      set = { name, type, ttl: rrset?.ttl ?? 0, ofDevice: rrset?.ofDevice ?? false, rdatas };
      sets.set(key, set);
    }
    return set;
  };
  for (const record of diff.removed) {
    if (!setOf(record).rdatas.delete(rdataKey(record))) return undefined;
  }
  for (const record of diff.added) {
    const set = setOf(record);
    set.ttl = record.ttl;
    set.ofDevice = record.ofDevice ?? false;
    set.rdatas.set(rdataKey(record), record.rdata);
  }
  return [...sets.values()].map(({ name, type, ttl, ofDevice, rdatas }) => ({
    name,
    type,
    rrset: rdatas.size > 0 ? Rrset.of(type, ttl, [...rdatas.values()], ofDevice) : undefined,
  }));
}

function rdataKey({ rdata }: ResourceRecord): string {
  return Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString('latin1');
}
