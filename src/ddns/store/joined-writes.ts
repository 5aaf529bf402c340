import type { DomainError } from '../../kernel/errors.js';
import type { JoinedWriter, LockedWrites } from '../../platform/database/joined-write.js';
import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import type { ZoneChange } from './zone-change.js';

/** The joined writes of one writer, by their changes' indexes. */
export interface WriterGroup {
  readonly writer: JoinedWriter<unknown>;
  readonly indexes: number[];
  readonly items: unknown[];
}

/** A group whose rows are locked. */
export interface LockedGroup {
  readonly indexes: readonly number[];
  readonly writes: LockedWrites;
}

/** @param refused changes that are out already, by their index. */
export function writerGroups(changes: readonly ZoneChange[], refused: ReadonlyMap<number, DomainError>): WriterGroup[] {
  const groups = new Map<JoinedWriter<unknown>, WriterGroup>();
  changes.forEach(({ write }, index) => {
    if (!write || refused.has(index)) return;
    const group = groups.get(write.writer) ?? { writer: write.writer, indexes: [], items: [] };
    group.indexes.push(index);
    group.items.push(write.item);
    groups.set(write.writer, group);
  });
  return [...groups.values()];
}

/** Locks what the writes need. @returns among others, whom they refuse. */
export async function lockGroup(transaction: PipelinedTransaction, group: WriterGroup): Promise<LockedGroup> {
  const { writer, indexes, items } = group;
  return { indexes, writes: await writer.lock!(items, transaction) };
}

/** Sends the joined writes of the changes that are in, before it returns. @returns no refusals: there can be none. */
export function writeLocked(
  groups: readonly LockedGroup[],
  outcomes: readonly (DomainError | undefined)[],
): Promise<ReadonlyMap<number, DomainError>> {
  const written = groups.map(({ indexes, writes }) =>
    writes.write([...indexes.keys()].filter((position) => !outcomes[indexes[position]!])),
  );
  return Promise.all(written).then(() => new Map());
}

/** Executes the joined writes, those of one writer in one call. @returns what they refused, by the change's index. */
export async function joinWrites(
  transaction: PipelinedTransaction,
  groups: readonly WriterGroup[],
  outcomes: readonly (DomainError | undefined)[],
): Promise<ReadonlyMap<number, DomainError>> {
  const refusals = new Map<number, DomainError>();
  for (const { writer, indexes, items } of groups) {
    const positions = [...indexes.keys()].filter((position) => !outcomes[indexes[position]!]);
    if (positions.length === 0) continue;
    const answers = await writer.write(
      transaction.manager,
      positions.map((position) => items[position]),
      transaction,
    );
    answers.forEach((refusal, answer) => {
      if (refusal) refusals.set(indexes[positions[answer]!]!, refusal);
    });
  }
  return refusals;
}
