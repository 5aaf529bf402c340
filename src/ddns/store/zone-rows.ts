import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import { mustWireName } from '../domain/name.js';
import type { StoredRrset } from '../domain/stored-rrset.js';
import { allSettled } from './all-settled.js';
import { lockGroup, type LockedGroup, type WriterGroup } from './joined-writes.js';
import { readRrsets } from './rrset-rows.js';
import type { ZoneChange } from './zone-change.js';

/** What the changes of a transaction are made from: rows that nobody else changes until its end. */
export interface ZoneRows {
  /** The serial of each zone that there is. */
  readonly serials: ReadonlyMap<string, number>;
  /** By zone. */
  readonly stored: ReadonlyMap<string, readonly StoredRrset[]>;
  /** None where one of the joined writers cannot lock. */
  readonly locked: readonly LockedGroup[];
}

const LOCK_ZONES = {
  name: 'lock-zones',
  text: `SELECT name, serial FROM zones WHERE name = ANY ($1) ORDER BY name FOR NO KEY UPDATE`,
};

/** Locks and reads what the changes need, in one round trip. */
export async function lockRows(
  transaction: PipelinedTransaction,
  changes: readonly ZoneChange[],
  groups: readonly WriterGroup[],
): Promise<ZoneRows> {
  const names = [...new Set(changes.map(({ zone }) => zone))];
  const apexes = names.map((zone) => ({ zone, scope: { names: [mustWireName(zone)] } }));
  const canLock = groups.every(({ writer }) => writer.lock !== undefined);
  const [serials, locked, stored] = await allSettled([
    lockZones(transaction, names),
    Promise.all(canLock ? groups.map((group) => lockGroup(transaction, group)) : []),
    readRrsets(transaction, [...changes, ...apexes]),
  ]);
  return { serials, locked, stored };
}

async function lockZones(transaction: PipelinedTransaction, names: readonly string[]): Promise<Map<string, number>> {
  const rows = await transaction.send<{ name: string; serial: string }>(LOCK_ZONES, [names]);
  return new Map(rows.map(({ name, serial }) => [name, Number(serial)]));
}
