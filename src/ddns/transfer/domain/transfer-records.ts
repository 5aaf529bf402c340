import { type OwnedRrset, type ResourceRecord, Rrset } from '../../domain/rrset.js';
import { TYPE } from '../../domain/rr-type.js';
import type { ZoneDiff } from '../../domain/zone-diff.js';
import type { ZoneSnapshot } from '../../domain/zone-snapshot.js';

/** A whole zone: SOA, everything else, SOA (RFC 5936 section 2.2). */
export function* fullTransfer(snapshot: Pick<ZoneSnapshot, 'apex' | 'soa' | 'rrsets'>): Generator<OwnedRrset> {
  const soa = { owner: snapshot.apex, rrset: snapshot.soa };
  yield soa;
  for (const owned of snapshot.rrsets()) {
    if (owned.rrset.type !== TYPE.SOA || owned.owner !== snapshot.apex) yield owned;
  }
  yield soa;
}

/** Changes: the new SOA; of each change the old SOA, what goes, the new SOA, what comes; the new SOA (RFC 1995). */
export function* incrementalTransfer(diffs: readonly ZoneDiff[]): Generator<OwnedRrset> {
  const newSoa = diffs.at(-1)?.added[0];
  if (newSoa?.type !== TYPE.SOA) throw new Error('A change begins with its SOA.');
  yield alone(newSoa);
  for (const { removed, added } of diffs) {
    for (const record of removed) yield alone(record);
    for (const record of added) yield alone(record);
  }
  yield alone(newSoa);
}

/** One record. IXFR sends the records that changed, not whole RRsets. */
function alone({ name, type, ttl, rdata }: ResourceRecord): OwnedRrset {
  return { owner: name, rrset: Rrset.of(type, ttl, [rdata]) };
}
