import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

import { DomainError } from '../../kernel/errors.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** `?limit=&cursor=` of every list. */
export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(400)
  cursor?: string;
}

/** One page of a list; `nextCursor` is null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Where a list goes on: the sort key of the last row, so that rows that come or go do not shift the pages. */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws DomainError `invalid_request` when it is not one of ours with `length` parts */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === length && key.every((part) => typeof part === 'string'))
      return key as string[];
  } catch {
    // falls through to the one refusal
  }
  throw unknownCursor();
}

const CURSOR_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
const CURSOR_UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The cursor of a list that is sorted by a time and a UUID. @throws DomainError `invalid_request` */
export function decodeTimeCursor(cursor: string): { readonly time: string; readonly id: string } {
  const [time = '', id = ''] = decodeCursor(cursor, 2);
  if (CURSOR_TIME.test(time) && !Number.isNaN(Date.parse(time)) && CURSOR_UUID.test(id)) return { time, id };
  throw unknownCursor();
}

function unknownCursor(): DomainError {
  return new DomainError('invalid_request', 'The cursor is not one that this list gave out; start without it.', {
    errors: [{ field: 'cursor', detail: 'is not known' }],
  });
}

/**
 * Cuts the row too many that was read to see whether there is a next page.
 * @param rows at most `limit` + 1
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly string[],
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(itemOf), nextCursor: rows.length > limit && last ? encodeCursor(keyOf(last)) : null };
}

/** A page of a short list that was read whole, in the order of time and id. */
export function pageOfList<Row extends { readonly createdAt: Date; readonly id: string }, Item>(
  rows: readonly Row[],
  { limit, cursor }: PageQuery,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const after = cursor === undefined ? undefined : decodeTimeCursor(cursor);
  const rest = after
    ? rows.filter(({ createdAt, id }) => {
        const time = createdAt.toISOString();
        return time > after.time || (time === after.time && id > after.id);
      })
    : rows;
  return toPage(rest, limit, ({ createdAt, id }) => [createdAt.toISOString(), id], itemOf);
}

/**
 * A page of a short list that was read whole, in the order of its keys (by code points, part after part).
 * @throws DomainError `invalid_request` for a cursor that is not one
 */
export function pageByKey<Item>(
  items: readonly Item[],
  { limit, cursor }: PageQuery,
  keyOf: (item: Item) => readonly string[],
): Page<Item> {
  const keyed = items
    .map((item) => ({ item, key: keyOf(item) }))
    .toSorted((left, right) => compareKeys(left.key, right.key));
  const after = cursor === undefined ? undefined : decodeCursor(cursor, keyed[0]?.key.length ?? 1);
  const rest = after ? keyed.filter(({ key }) => compareKeys(key, after) > 0) : keyed;
  return toPage(
    rest.slice(0, limit + 1),
    limit,
    ({ key }) => key,
    ({ item }) => item,
  );
}

function compareKeys(left: readonly string[], right: readonly string[]): number {
  const index = left.findIndex((part, at) => part !== right[at]);
  if (index < 0) return 0;
  return left[index]! < right[index]! ? -1 : 1;
}
