import { mustWireName, presentName } from '../domain/name.js';
import type { ResourceRecord } from '../domain/rrset.js';
import type { ZoneDiff } from '../domain/zone-diff.js';

/** name, type, TTL in seconds, RDATA in base64, and 1 for a device's address. */
type JournalRecord = [string, number, number, string, 1?];

/** The column `changes` of zone_journal. */
export interface JournalChanges {
  readonly removed: readonly JournalRecord[];
  readonly added: readonly JournalRecord[];
}

export interface JournalRow {
  /** bigint: pg gives it as text. */
  readonly serial_from: string;
  readonly serial: string;
  readonly changes: JournalChanges;
}

export function journalChanges({ removed, added }: Pick<ZoneDiff, 'removed' | 'added'>): JournalChanges {
  return { removed: removed.map(toJournal), added: added.map(toJournal) };
}

export function zoneDiff({ serial_from, serial, changes }: JournalRow): ZoneDiff {
  return {
    serialFrom: Number(serial_from),
    serial: Number(serial),
    removed: changes.removed.map(fromJournal),
    added: changes.added.map(fromJournal),
  };
}

function toJournal({ name, type, ttl, rdata, ofDevice }: ResourceRecord): JournalRecord {
  const record: JournalRecord = [presentName(name), type, ttl, Buffer.from(rdata).toString('base64')];
  if (ofDevice) record.push(1);
  return record;
}

function fromJournal([name, type, ttl, rdata, ofDevice]: JournalRecord): ResourceRecord {
  return {
    name: mustWireName(name),
    type,
    ttl,
    rdata: Buffer.from(rdata, 'base64'),
    ...(ofDevice === 1 && { ofDevice: true }),
  };
}
