import type { DomainError } from '../../kernel/errors.js';
import type { PipelinedTransaction, StatementRunner } from './pipelined-transaction.js';

/** What a joined write may do with the transaction: run statements in it, and neither end it nor begin one. */
export type JoinedTransaction = StatementRunner;

/**
 * A write that joins a transaction which somebody else opens: a device's row and its address records are written
 * together or not at all. Items of one writer that meet in the same transaction are handed over in one call, so that
 * a hundred updates that arrive together cost one statement.
 *
 * The answer has one entry an item, in order: undefined when it was written, or the DomainError that refuses this item
 * (and only this one): then the transaction is rolled back, and made again without the item. So what `write` does
 * outside of the transaction has to bear being done again, and it must not look at what the transaction's owner writes,
 * which may come before or after. A thrown error ends the whole transaction.
 */
export interface JoinedWriter<Item> {
  /** @param pipeline the same transaction, for statements that are prepared. */
  write(
    transaction: JoinedTransaction,
    items: readonly Item[],
    pipeline: PipelinedTransaction,
  ): Promise<readonly (DomainError | undefined)[]>;

  /**
   * For a writer that can tell before anything is written whom it refuses: locks the rows, by what it sends on the
   * pipeline at once. Where all writers of a transaction can, this takes the place of `write`, and two round trips do:
   * one that locks and looks, and one that writes everything and commits.
   */
  lock?(items: readonly Item[], pipeline: PipelinedTransaction): Promise<LockedWrites>;

  /**
   * For items that say what their rows hold: takes the place of `lock` in a transaction that does not wait for what it
   * locks (presumption.ts).
   * @returns undefined where one of them does not say.
   */
  presume?(items: readonly Item[]): PresumedLock | undefined;
}

/** Sends on the pipeline, before it returns, what locks the rows and fails unless they hold what was presumed. */
export type PresumedLock = (pipeline: PipelinedTransaction) => PresumedWrites;

export interface PresumedWrites extends LockedWrites {
  /** Resolves when the rows are locked and hold it. */
  readonly hold: Promise<unknown>;
}

/** What a writer may still do once it holds the locks. */
export interface LockedWrites {
  /** One entry an item, in order; as of `write`. */
  readonly refusals: readonly (DomainError | undefined)[];
  /**
   * Writes the items at these positions, of which none was refused. Everything is sent on the pipeline before this
   * returns, and what cannot be sent is thrown and no rejection, because the commit follows at once.
   */
  write(positions: readonly number[]): Promise<unknown>;
}

export interface JoinedWrite<Item = unknown> {
  readonly writer: JoinedWriter<Item>;
  readonly item: Item;
}

/** Pairs an item with its writer; keeps the two types together where many kinds of write share a list. */
export function joinedWrite<Item>(writer: JoinedWriter<Item>, item: Item): JoinedWrite {
  return { writer: writer as JoinedWriter<unknown>, item };
}
