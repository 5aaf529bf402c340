import { DomainError } from '../../kernel/errors.js';
import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
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
import { allSettled } from './all-settled.js';
import { joinWrites, writeLocked, writerGroups } from './joined-writes.js';
import { presumeRows, type Memory } from './presumed-rows.js';
import type { RrsetKey } from './rrset-rows.js';
import { writeZones } from './write-zones.js';
import type { CommittedChange, ZoneChange } from './zone-change.js';
import { lockRows } from './zone-rows.js';

/**
 * Joined writes refused their changes, after the others' edits had seen these: nothing of the transaction may stay, and
 * it has to be made again without them.
 */
export class RefusedWritesError extends Error {
  override readonly name = 'RefusedWritesError';

  /** @param refusals by the change's index. */
  constructor(readonly refusals: ReadonlyMap<number, DomainError>) {
    super(`${refusals.size} joined writes were refused.`);
  }
}

export interface TransactionResult {
  /** What it was made from was presumed, and rightly. */
  readonly wasPresumed: boolean;
  /** One entry a change, in order. */
  readonly outcomes: readonly (CommittedChange | DomainError)[];
  /** What to apply in memory once the transaction is committed; a zone's first content has no diff. */
  readonly diffs: readonly { readonly zone: string; readonly diff: ZoneDiff }[];
}

/** What the writer knows of a transaction before it. */
export interface WriteContext {
  readonly writerId: string;
  readonly now: Date;
  /** Serials that the next ones have to be after, by zone: what this server has served. */
  readonly floors: ReadonlyMap<string, number>;
  /** Changes that are out already, by their index. */
  readonly refused: ReadonlyMap<number, DomainError>;
  /** Where to take what the rows hold, as far as that can be presumed; absent: they are read. */
  readonly memory?: Memory | undefined;
}

/**
 * Makes the changes in one transaction. The zones' rows are locked in the order of their names, so that two servers
 * never wait for each other; then nobody else changes these zones until the commit.
 *
 * It takes three round trips: one that locks and reads, one that writes everything, and the commit. Where all joined
 * writers can lock, nothing is left to be refused after the first, and the commit goes out with the second. Where what
 * the rows hold is presumed, all is one round trip.
 *
 * @throws RefusedWritesError; a wrong presumption; whatever a statement, a joined write or an edit throws that is no DomainError.
 */
export async function writeChanges(
  transaction: PipelinedTransaction,
  changes: readonly ZoneChange[],
  { writerId, now, floors, refused, memory }: WriteContext,
): Promise<TransactionResult> {
  const groups = writerGroups(changes, refused);
  const isCertain = groups.every(({ writer }) => writer.lock !== undefined);
  const presumed = memory && isCertain ? presumeRows(changes, groups, memory)?.(transaction) : undefined;
  // A failure of it, and of what is written, is heard of at the end, unless what follows cannot be sent.
  presumed?.hold.catch(() => undefined);
  const { serials, stored, locked } = presumed ?? (await lockRows(transaction, changes, groups));
  const outcomes = changes.map(({ zone }, index): DomainError | undefined =>
    serials.has(zone) ? refused.get(index) : new DomainError('unknown_zone', `This server has no zone ${zone}.`),
  );
  for (const { indexes, writes } of locked) {
    writes.refusals.forEach((refusal, position) => (outcomes[indexes[position]!] ??= refusal));
  }
  const drafts = new Map(
    [...serials.keys()].map((zone) => [zone, new ZoneDraft(mustWireName(zone), stored.get(zone) ?? [])]),
  );
  edit(changes, outcomes, drafts);

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
  const written = writeZones(transaction, {
    writerId,
    upserts,
    deletions,
    serials: moved.map(({ diff, ...rest }) => ({ ...rest, ...(diff && { changes: journalChanges(diff) }) })),
  });
  written.catch(() => undefined);
  const joined = isCertain ? writeLocked(locked, outcomes) : joinWrites(transaction, groups, outcomes);
  if (isCertain) transaction.commit();
  const [, refusals] = await allSettled([written, joined, presumed?.hold ?? Promise.resolve()]);
  if (refusals.size > 0) throw new RefusedWritesError(refusals);
  const byZone = new Map(results.map((result) => [result.zone, result]));
  return {
    wasPresumed: presumed !== undefined,
    outcomes: changes.map(({ zone }, index) => {
      const { serial, hasChanged } = byZone.get(zone) ?? { serial: 0, hasChanged: false };
      return outcomes[index] ?? { serial, changed: hasChanged };
    }),
    diffs: moved.flatMap(({ zone, diff }) => (diff ? [{ zone, diff }] : [])),
  };
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
