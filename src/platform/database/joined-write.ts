import type { EntityManager } from 'typeorm';

import type { DomainError } from '../../kernel/errors.js';

/**
 * A write that joins a transaction which somebody else opens: a device's row and its address records are written
 * together or not at all. Items of one writer that meet in the same transaction are handed over in one call, so that
 * a hundred updates that arrive together cost one statement.
 *
 * The answer has one entry an item, in order: undefined when it was written, or the DomainError that refuses this item
 * (and only this one). A thrown error ends the whole transaction.
 */
export interface JoinedWriter<Item> {
  write(transaction: EntityManager, items: readonly Item[]): Promise<readonly (DomainError | undefined)[]>;
}

export interface JoinedWrite<Item = unknown> {
  readonly writer: JoinedWriter<Item>;
  readonly item: Item;
}

/** Pairs an item with its writer; keeps the two types together where many kinds of write share a list. */
export function joinedWrite<Item>(writer: JoinedWriter<Item>, item: Item): JoinedWrite {
  return { writer: writer as JoinedWriter<unknown>, item };
}
