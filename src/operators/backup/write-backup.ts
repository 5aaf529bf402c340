import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';

import { encryptOctets } from './age-file.js';
import { writeWholeFile } from './backup-file.js';
import { SnapshotReader, type SnapshotOptions } from './read-snapshot.js';

export interface BackupOptions extends SnapshotOptions {
  readonly output: string;
  readonly passphrase: string;
  /** See encryptOctets. */
  readonly workFactor?: number;
}

export interface WrittenBackup {
  readonly file: string;
  /** Octets. */
  readonly size: number;
  readonly createdAt: string;
  readonly migrations: readonly string[];
  /** By table. */
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Writes the database to one encrypted file: lines of JSON, compressed, then encrypted.
 * @throws BackupError, and what the file system or PostgreSQL says; then there is no file
 */
export async function writeBackup(options: BackupOptions): Promise<WrittenBackup> {
  const { output, passphrase, workFactor, signal, now } = options;
  const snapshot = new SnapshotReader(options);
  const encrypted = await encryptOctets(compress(snapshot.lines()), passphrase, workFactor);
  const size = await writeWholeFile(output, encrypted, signal);
  return { file: output, size, createdAt: now.toISOString(), migrations: snapshot.migrations, rows: snapshot.rows };
}

/** A failure of the source is the failure of what comes out. */
function compress(lines: AsyncIterable<string>): Readable {
  return pipeline(Readable.from(lines), createGzip(), () => undefined);
}
