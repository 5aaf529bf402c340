import type { SecretBox } from '../../platform/security/secret-box.js';

type Row = Record<string, unknown>;

/**
 * Rows with their sealed columns opened, as base64. The rows go through JavaScript's numbers here, which is why no table
 * with a sealed column may have an integer beyond 2^53; those that there are count changes, one by one.
 * @param rows a JSON array of objects
 * @throws Error naming FLEETCERT_SECRET_KEY when it is not the key that they were sealed with
 */
export function openSealed(rows: string, columns: readonly string[], box: SecretBox): string {
  return changed(rows, columns, (text) => box.open(text).toString('base64'));
}

/** The reverse, with the key of the new place. */
export function sealOpened(rows: string, columns: readonly string[], box: SecretBox): string {
  return changed(rows, columns, (text) => box.seal(Buffer.from(text, 'base64')));
}

function changed(rows: string, columns: readonly string[], change: (text: string) => string): string {
  if (columns.length === 0) return rows;
  const parsed = JSON.parse(rows) as Row[];
  for (const row of parsed) {
    for (const column of columns) {
      const value = row[column];
      if (typeof value === 'string') row[column] = change(value);
    }
  }
  return JSON.stringify(parsed);
}
