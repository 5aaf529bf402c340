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
    colAligns: head.map((_, index) => (right.includes(index) ? 'right' : 'left')),
    chars: NO_LINES,
    truncate: ELLIPSIS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  made.push(...rows.map((row) => [...row]));
  return withoutTrailingSpace(made.toString());
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
