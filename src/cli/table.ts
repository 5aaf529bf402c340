import { stripVTControlCharacters } from 'node:util';

import CliTable from 'cli-table3';

import type { Console } from './console.js';

/** Shown without lines: only the gap between two columns. */
const NO_LINES = Object.fromEntries(
  (
    'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right ' +
    'left left-mid mid mid-mid right right-mid middle'
  )
    .split(' ')
    .map((part) => [part, '']),
);
const GAP = 2;
/** A column of sentences is not made narrower than this. */
const NARROWEST = 24;
const ELLIPSIS = '…';

/**
 * Rows under a bold head. The cells have to be plain text, which may be styled.
 * @param right indexes of columns that are numbers
 */
export function table(
  console: Console,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const made = new CliTable({
    head: head.map((title) => console.style('bold', title)),
    ...lastColumn(console.columns, [head, ...rows]),
    colAligns: head.map((_, index) => (right.includes(index) ? 'right' : 'left')),
    chars: NO_LINES,
    truncate: ELLIPSIS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  made.push(...rows.map((row) => [...row]));
  return withoutTrailingSpace(made.toString());
}

/** On a terminal that is too narrow the last column, which holds the sentences, is wrapped within itself. */
function lastColumn(
  room: number | undefined,
  rows: readonly (readonly string[])[],
): Partial<CliTable.TableConstructorOptions> {
  const count = rows[0]!.length;
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => stripVTControlCharacters(row[column] ?? '').length)),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  if (room === undefined || before + widths.at(-1)! <= room) return {};
  const left = Math.max(NARROWEST, room - before);
  return { colWidths: [...Array.from({ length: count - 1 }, () => null), left], wordWrap: true };
}

/** Names and values below each other. */
export function facts(console: Console, entries: readonly (readonly [string, string])[]): string {
  const made = new CliTable({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  made.push(...entries.map(([name, value]) => [console.style('bold', name), value]));
  return withoutTrailingSpace(made.toString());
}

function withoutTrailingSpace(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
