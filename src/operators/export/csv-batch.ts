import { stringify } from 'csv-stringify/sync';

import type { CsvColumns } from './export-format.js';

/**
 * Lines of a CSV file (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it, so
 * that a note or a name from a device does nothing on the machine of who opens the file.
 */
export function csvBatch<T>(items: readonly T[], columns: CsvColumns<T>): string {
  return lines(items.map((item) => columns.map(([, value]) => cellText(value(item)))));
}

export function csvHead<T>(columns: CsvColumns<T>): string {
  return lines([columns.map(([heading]) => heading)]);
}

function lines(rows: readonly (readonly string[])[]): string {
  return stringify([...rows] as string[][], {
    escape_formulas: true,
    record_delimiter: 'windows',
    // Of itself it quotes CR LF only, and most readers end a line at either.
    quoted_match: /[\r\n]/,
  });
}

/** Times as ISO 8601, lists with spaces between, what is deeper as JSON, nothing for null. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(cellText).join(' ');
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value as string | number | boolean);
}
