import { BackupError } from './backup-error.js';

/** What a reader has to know to read the rest. A release reads its own and every older one. */
export const FORMAT_VERSION = 1;

const FORMAT = 'fleetcert-backup';

/** The first line: what this is, and of which schema. */
export interface BackupHeader {
  readonly version: number;
  /** ISO 8601: the moment of the snapshot, by the clock of the machine that made it. */
  readonly createdAt: string;
  /** The release that made it, for people. */
  readonly release: string;
  /** Names of the migrations that had made the schema, oldest first. */
  readonly migrations: readonly string[];
  /** In an order in which they can be filled: no row comes before one that it refers to. */
  readonly tables: readonly BackupTable[];
}

export interface BackupTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Of `columns`: those whose values were opened for the backup, as base64, and are sealed anew by a restore. */
  readonly sealed: readonly string[];
}

/** Announces the next line: a JSON array of `rows` objects, columns to values as PostgreSQL's row_to_json has them. */
export interface BackupBatch {
  readonly table: string;
  readonly rows: number;
}

/** The last line. A file without it is not whole. */
export interface BackupEnd {
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** The last number that each sequence has given out; absent for one that has given out none. */
  readonly sequences: Readonly<Record<string, string>>;
}

export function headerLine(header: Omit<BackupHeader, 'version'>): string {
  return JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, ...header });
}

/** @throws BackupError `not-a-backup`, or `newer` for a format of a later release */
export function readHeader(line: string): BackupHeader {
  const value = parseObject(line);
  if (value?.['format'] !== FORMAT) {
    throw new BackupError('not-a-backup', 'The file could be decrypted, but holds no backup of fleetcert.');
  }
  const { version } = value;
  if (typeof version !== 'number' || version > FORMAT_VERSION) {
    throw new BackupError(
      'newer',
      `The backup has format ${String(version)}, and this release reads up to ${FORMAT_VERSION}: restore it with the release that made it (${String(value['release'])}), or a later one.`,
    );
  }
  const { createdAt, release, migrations, tables } = value;
  if (typeof createdAt !== 'string' || typeof release !== 'string' || !isTexts(migrations) || !isTables(tables)) {
    throw damaged();
  }
  return { version, createdAt, release, migrations, tables };
}

/** A line after the header: a batch's announcement, or the end. @throws BackupError `damaged` */
export function readMark(line: string): { readonly batch: BackupBatch } | { readonly end: BackupEnd } {
  const value = parseObject(line);
  if (value && typeof value['table'] === 'string' && typeof value['rows'] === 'number') {
    return { batch: { table: value['table'], rows: value['rows'] } };
  }
  if (value?.['end'] === true && isObject(value['rows']) && isObject(value['sequences'])) {
    return {
      end: { rows: value['rows'] as BackupEnd['rows'], sequences: value['sequences'] as BackupEnd['sequences'] },
    };
  }
  throw damaged();
}

export function batchLine(batch: BackupBatch): string {
  return JSON.stringify(batch);
}

export function endLine(end: BackupEnd): string {
  return JSON.stringify({ end: true, ...end });
}

/** What is told of a file whose content cannot be what was written. */
export function damaged(cause?: unknown): BackupError {
  return new BackupError(
    'damaged',
    'The backup is damaged or cut off: it was not written to its end, or has been changed since. Nothing of it was restored.',
    { cause },
  );
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTables(value: unknown): value is readonly BackupTable[] {
  return (
    Array.isArray(value) &&
    value.every(
      (item) =>
        isObject(item) && typeof item['name'] === 'string' && isTexts(item['columns']) && isTexts(item['sealed']),
    )
  );
}
