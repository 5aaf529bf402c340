import type { EntityManager } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import type { JoinedWriter } from '../../platform/database/joined-write.js';
import { mustWireName } from '../domain/name.js';
import { Rrset } from '../domain/rrset.js';
import { TYPE } from '../domain/rr-type.js';
import { isSerialAfter, nextSerial, raisedSerial } from '../domain/serial.js';
import { withSerial } from '../domain/soa.js';
import { isSameStored, servedRrset, type StoredRrset } from '../domain/stored-rrset.js';
import { diffRrset, type ZoneDiff } from '../domain/zone-diff.js';
import { ZoneDraft } from '../domain/zone-draft.js';
import { ZoneEdit } from '../domain/zone-edit.js';
import { journalChanges } from '../journal/journal-changes.js';
import { readRrsets, type RrsetKey } from './rrset-rows.js';
import { writeZones } from './write-zones.js';
import type { CommittedChange, ZoneChange } from './zone-change.js';

/** A change that was accepted before is refused now that another one is gone: the batch has to be taken apart. */
export class EntangledBatchError extends Error {
  override readonly name = 'EntangledBatchError';
}

export interface TransactionResult {
  /** One entry a change, in order. */
  readonly outcomes: readonly (CommittedChange | DomainError)[];
  /** What to apply in memory once the transaction is committed; a zone's first content has no diff. */
  readonly diffs: readonly { readonly zone: string; readonly diff: ZoneDiff }[];
}

/**
 * Makes the changes in one transaction. The zones' rows are locked in the order of their names, so that two servers
 * never wait for each other; then nobody else changes these zones until the commit.
 *
 * @param floors serials that the next ones have to be after, by zone: what this server has served.
 */
export async function writeChanges(
  transaction: EntityManager,
  changes: readonly ZoneChange[],
  now: Date,
  floors: ReadonlyMap<string, number>,
): Promise<TransactionResult> {
  const serials = await lockZones(transaction, changes);
  const outcomes = changes.map(({ zone }): DomainError | undefined =>
    serials.has(zone) ? undefined : new DomainError('unknown_zone', `This server has no zone ${zone}.`),
  );
  const stored = await readRrsets(transaction, [
    ...changes.filter(({ zone }) => serials.has(zone)),
    ...[...serials.keys()].map((zone) => ({ zone, scope: { names: [mustWireName(zone)] } })),
  ]);
  const draftZones = () =>
    new Map([...stored].map(([zone, rrsets]) => [zone, new ZoneDraft(mustWireName(zone), rrsets)]));

  let drafts = draftZones();
  edit(changes, outcomes, drafts);
  if (await joinWrites(transaction, changes, outcomes)) {
    // Some are out: the others are edited again, as if those had never been.
    drafts = draftZones();
    const before = outcomes.filter(Boolean).length;
    edit(changes, outcomes, drafts);
    if (outcomes.filter(Boolean).length > before) throw new EntangledBatchError();
  }

  const raised = new Set(
    changes.filter(({ raiseSerial }, index) => raiseSerial && !outcomes[index]).map((c) => c.zone),
  );
  const upserts: { zone: string; rrset: StoredRrset }[] = [];
  const deletions: RrsetKey[] = [];
  const results = [...drafts].map(([zone, draft]) => {
    const serialFrom = serials.get(zone)!;
    const diff = differences(zone, draft, upserts, deletions);
    const hasChanged = diff.removed.length + diff.added.length > 0;
    const next = raised.has(zone) ? raisedSerial : nextSerial;
    const isMoved = hasChanged || raised.has(zone);
    const serial = isMoved ? serialAfter(serialFrom, floors.get(zone), (current) => next(current, now)) : serialFrom;
    const soas = apexSoas(draft, serialFrom, serial);
    const full = soas && {
      serialFrom,
      serial,
      removed: [...soas.before, ...diff.removed.filter((record) => record.type !== TYPE.SOA)],
      added: [...soas.after, ...diff.added.filter((record) => record.type !== TYPE.SOA)],
    };
    return { zone, serialFrom, serial, hasChanged, diff: full };
  });
  const moved = results.filter(({ serial, serialFrom }) => serial !== serialFrom);
  await writeZones(transaction, {
    upserts,
    deletions,
    serials: moved.map(({ diff, ...rest }) => ({ ...rest, ...(diff && { changes: journalChanges(diff) }) })),
  });
  const byZone = new Map(results.map((result) => [result.zone, result]));
  return {
    outcomes: changes.map(({ zone }, index) => {
      const { serial, hasChanged } = byZone.get(zone) ?? { serial: 0, hasChanged: false };
      return outcomes[index] ?? { serial, changed: hasChanged };
    }),
    diffs: moved.flatMap(({ zone, diff }) => (diff ? [{ zone, diff }] : [])),
  };
}

async function lockZones(transaction: EntityManager, changes: readonly ZoneChange[]): Promise<Map<string, number>> {
  const rows: { name: string; serial: string }[] = await transaction.query(
    `SELECT name, serial FROM zones WHERE name = ANY ($1) ORDER BY name FOR NO KEY UPDATE`,
    [[...new Set(changes.map(({ zone }) => zone))]],
  );
  return new Map(rows.map(({ name, serial }) => [name, Number(serial)]));
}

/** Runs the edits of the changes that nothing has refused yet, each on what those before it left. */
function edit(
  changes: readonly ZoneChange[],
  outcomes: (DomainError | undefined)[],
  drafts: ReadonlyMap<string, ZoneDraft>,
): void {
  changes.forEach((change, index) => {
    const draft = drafts.get(change.zone);
    if (outcomes[index] || !draft) return;
    const zoneEdit = new ZoneEdit(draft, change.scope);
    try {
      change.edit(zoneEdit);
      zoneEdit.accept();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      outcomes[index] = error;
    }
  });
}

/** Executes the joined writes, those of one writer in one call. @returns whether one was refused. */
async function joinWrites(
  transaction: EntityManager,
  changes: readonly ZoneChange[],
  outcomes: (DomainError | undefined)[],
): Promise<boolean> {
  const byWriter = new Map<JoinedWriter<unknown>, number[]>();
  changes.forEach(({ write }, index) => {
    if (!write || outcomes[index]) return;
    const indexes = byWriter.get(write.writer);
    if (indexes) indexes.push(index);
    else byWriter.set(write.writer, [index]);
  });
  let isAnyRefused = false;
  for (const [writer, indexes] of byWriter) {
    const refusals = await writer.write(
      transaction,
      indexes.map((index) => changes[index]!.write!.item),
    );
    refusals.forEach((refusal, position) => {
      if (!refusal) return;
      outcomes[indexes[position]!] = refusal;
      isAnyRefused = true;
    });
  }
  return isAnyRefused;
}

/** The records that go and come; the rows to write are added to `upserts` and `deletions`. */
function differences(
  zone: string,
  draft: ZoneDraft,
  upserts: { zone: string; rrset: StoredRrset }[],
  deletions: RrsetKey[],
): Pick<ZoneDiff, 'removed' | 'added'> {
  const removed: ZoneDiff['removed'][number][] = [];
  const added: ZoneDiff['added'][number][] = [];
  for (const { before, after } of draft.differences()) {
    if (isSameStored(before, after)) continue;
    if (after) upserts.push({ zone, rrset: after });
    else if (before) deletions.push({ zone, name: before.name, type: before.type });
    const diff = diffRrset((after ?? before)!.name, before && servedRrset(before), after && servedRrset(after));
    removed.push(...diff.removed);
    added.push(...diff.added);
  }
  return { removed, added };
}

/** The old and the new SOA; undefined when the zone had none, or has none. */
function apexSoas(
  draft: ZoneDraft,
  serialFrom: number,
  serial: number,
): { before: ZoneDiff['removed']; after: ZoneDiff['added'] } | undefined {
  const { before, after } = draft.soa();
  if (!before || !after) return undefined;
  const record = ({ ttl, values }: StoredRrset, value: number) =>
    Rrset.of(
      TYPE.SOA,
      ttl,
      values.map(({ rdata }) => withSerial(rdata, value)),
    ).records(draft.apex);
  return { before: record(before, serialFrom), after: record(after, serial) };
}

/** The serial after `current` and after what was served. */
function serialAfter(current: number, floor: number | undefined, next: (current: number) => number): number {
  const serial = next(current);
  return floor !== undefined && !isSerialAfter(serial, floor) ? next(floor) : serial;
}
