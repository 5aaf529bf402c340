import type { PresumedLock } from '../../platform/database/joined-write.js';
import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import type { WireName } from '../domain/name.js';
import { TYPE } from '../domain/rr-type.js';
import type { Rrset } from '../domain/rrset.js';
import { SYSTEM, type StoredRrset } from '../domain/stored-rrset.js';
import { rrsetKey } from '../domain/zone-draft.js';
import type { Zone } from '../domain/zone.js';
import { allSettled } from './all-settled.js';
import type { WriterGroup } from './joined-writes.js';
import { presumeRrsets } from './rrset-rows.js';
import type { ZoneChange } from './zone-change.js';
import type { ZoneRows } from './zone-rows.js';

/** Gives the zone that this server serves; undefined when it serves none of that name. */
export type Memory = (zone: string) => Zone | undefined;

/** Rows that PostgreSQL has not locked and compared yet. */
export interface PresumedRows extends ZoneRows {
  /** Resolves when they are; rejects with a wrong presumption when they hold something else: then nothing is committed. */
  readonly hold: Promise<unknown>;
}

/** Sends, before it returns, what locks the rows and compares them. */
export type Presumption = (transaction: PipelinedTransaction) => PresumedRows;

/** The costs of a round trip are shared by the changes of a transaction; what it costs to compare their rows is not. */
const MOST_CHANGES = 8;

/** Locks each zone's row, in the same order as `lock-zones`, if it has this serial. */
const PRESUME_ZONES = {
  name: 'presume-zones',
  text: `
    SELECT presume(count(*) = cardinality($1::text[]))
      FROM (SELECT 1 FROM unnest($1::text[], $2::bigint[]) AS w (name, serial)
              JOIN zones z ON z.name = w.name AND z.serial = w.serial
             ORDER BY z.name
               FOR NO KEY UPDATE OF z) AS locked`,
};

/**
 * Takes what the changes need from the zones in memory, instead of from the database. Each change of what a zone serves
 * moves its serial, so that the same serial means the same records, though not in the same order; who owns them, the
 * database compares.
 * @returns undefined where one of the changes needs more than the memory has, and where they are many.
 */
export function presumeRows(
  changes: readonly ZoneChange[],
  groups: readonly WriterGroup[],
  memory: Memory,
): Presumption | undefined {
  if (changes.length > MOST_CHANGES) return undefined;
  const serials = new Map<string, number>();
  const stored = new Map<string, Map<string, StoredRrset>>();
  const apexes = new Map<string, StoredRrset>();
  for (const { zone: name, scope, remembered } of changes) {
    const zone = memory(name);
    const inScope = scope.names || scope.txtOwners || !zone ? undefined : remembered?.(zone);
    if (!inScope || zone?.serial === undefined || !zone.soa) return undefined;
    serials.set(name, zone.serial);
    apexes.set(name, soaOf(zone.apex, zone.soa));
    const ofZone = stored.get(name) ?? new Map<string, StoredRrset>();
    stored.set(name, ofZone);
    for (const rrset of inScope) ofZone.set(rrsetKey(rrset.name, rrset.type), rrset);
  }
  const locks = new Map<WriterGroup, PresumedLock>();
  for (const group of groups) {
    const lock = group.writer.presume?.(group.items);
    if (!lock) return undefined;
    locks.set(group, lock);
  }
  return (transaction) => {
    const zones = transaction.send(PRESUME_ZONES, [[...serials.keys()], [...serials.values()]]);
    const locked = [...locks].map(([{ indexes }, lock]) => ({ indexes, writes: lock(transaction) }));
    const presumed = [...stored].flatMap(([zone, rrsets]) => [...rrsets.values()].map((rrset) => ({ zone, rrset })));
    const hold = allSettled([
      zones,
      ...locked.map(({ writes }) => writes.hold),
      presumeRrsets(transaction, changes, presumed),
    ]);
    return {
      serials,
      stored: new Map([...stored].map(([zone, rrsets]) => [zone, [apexes.get(zone)!, ...rrsets.values()]])),
      locked,
      hold,
    };
  };
}

/** The apex is in no scope; its SOA is needed for its fields. */
function soaOf(apex: WireName, soa: Rrset): StoredRrset {
  return { name: apex, type: TYPE.SOA, ttl: soa.ttl, values: soa.rdatas().map((rdata) => ({ rdata, owner: SYSTEM })) };
}
