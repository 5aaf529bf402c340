import { Client, escapeIdentifier } from 'pg';

import { userAgent } from '../../issuer/acme/user-agent.js';
import type { SecretBox } from '../../platform/security/secret-box.js';
import { migrations as knownMigrations } from '../../../migrations/index.js';
import { BackupError } from './domain/backup-error.js';
import { batchLine, endLine, headerLine, type BackupTable } from './domain/backup-format.js';
import { openSealed } from './sealed-columns.js';
import { readCatalog, readMigrations, readSequences } from './table-catalog.js';

/** Some hundred kilobytes with certificates in them: small beside what the process needs anyway. */
const ROWS_A_BATCH = 250;
const CONNECT_SECONDS = 5;

/** How far a backup or a restore has come. */
export interface BackupProgress {
  readonly table: string;
  /** Of all tables, so far. */
  readonly rows: number;
}

export interface SnapshotOptions {
  readonly url: string;
  readonly secretBox: SecretBox;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

/**
 * Everything that cannot be made again, at one moment: the lines of a backup (domain/backup-format.ts). It is one
 * read-only transaction, which waits for nobody and keeps nobody waiting, whatever is written meanwhile; a batch of rows
 * is all that is in memory.
 */
export class SnapshotReader {
  /** Rows by table, as far as they were read. */
  readonly rows: Record<string, number> = {};
  migrations: readonly string[] = [];

  constructor(private readonly options: SnapshotOptions) {}

  /**
   * To be read once; each line has its line feed.
   * @throws BackupError `nothing-there` for a database without our schema, `newer` for the schema of a later release
   */
  async *lines(): AsyncGenerator<string, void> {
    const client = new Client({
      connectionString: this.options.url,
      connectionTimeoutMillis: CONNECT_SECONDS * 1000,
      keepAlive: true,
      application_name: 'fleetcert backup',
    });
    // What breaks between two statements is told by the next one.
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query(
        `SELECT set_config('TimeZone', 'UTC', true), set_config('bytea_output', 'hex', true),
                set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)`,
      );
      for await (const text of this.#read(client)) yield `${text}\n`;
    } finally {
      // A transaction that only reads has nothing to commit.
      await client.end().catch(() => undefined);
    }
  }

  async *#read(client: Client): AsyncGenerator<string, void> {
    const { now, secretBox, signal, onProgress } = this.options;
    const migrations = await readMigrations(client);
    refuseUnknown(migrations);
    this.migrations = migrations;
    const tables = await readCatalog(client);
    yield headerLine({ createdAt: now.toISOString(), release: userAgent(), migrations, tables });
    let total = 0;
    for (const table of tables) {
      this.rows[table.name] = 0;
      for await (const batch of batches(client, table)) {
        signal?.throwIfAborted();
        this.rows[table.name]! += batch.length;
        total += batch.length;
        yield batchLine({ table: table.name, rows: batch.length });
        yield openSealed(`[${batch.join(',')}]`, table.sealed, secretBox);
        onProgress?.({ table: table.name, rows: total });
      }
    }
    yield endLine({ rows: this.rows, sequences: await readSequences(client) });
  }
}

function refuseUnknown(migrations: readonly string[] | undefined): asserts migrations is readonly string[] {
  if (migrations === undefined || migrations.length === 0) {
    throw new BackupError('nothing-there', 'There is nothing to back up: no fleetcert has ever used this database.');
  }
  const known = new Set(knownMigrations.map(({ name }) => name));
  const unknown = migrations.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new BackupError(
    'newer',
    `The database was migrated by a later release (${unknown.join(', ')}): make the backup with that one.`,
  );
}

/** The rows as JSON texts. A text has no line feed in it: row_to_json writes none, and those in values are escaped. */
async function* batches(client: Client, { name, columns }: BackupTable): AsyncGenerator<string[]> {
  await client.query(
    `DECLARE backup_rows NO SCROLL CURSOR FOR
       SELECT row_to_json(kept)::text AS row
         FROM (SELECT ${columns.map(escapeIdentifier).join(', ')} FROM ${escapeIdentifier(name)}) AS kept`,
  );
  for (;;) {
    const { rows } = await client.query<{ row: string }>(`FETCH ${ROWS_A_BATCH} FROM backup_rows`);
    if (rows.length > 0) yield rows.map(({ row }) => row);
    if (rows.length < ROWS_A_BATCH) break;
  }
  await client.query('CLOSE backup_rows');
}
