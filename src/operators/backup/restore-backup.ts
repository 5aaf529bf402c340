import { Client, escapeIdentifier, type PoolClient } from 'pg';
import { DataSource } from 'typeorm';

import { migrations as knownMigrations } from '../../../migrations/index.js';
import { MAX_SECONDS_AHEAD, serialAt } from '../../ddns/domain/serial.js';
import { addSeconds } from '../../kernel/clock.js';
import { dataSourceOptions } from '../../platform/database/data-source-options.js';
import { takeMigrationLock, type MigrationLogger } from '../../platform/database/migrate-database.js';
import type { SecretBox } from '../../platform/security/secret-box.js';
import type { BackupReader, RowBatch } from './backup-reader.js';
import { BackupError } from './domain/backup-error.js';
import { damaged, type BackupHeader, type BackupTable } from './domain/backup-format.js';
import { REBUILT_TABLES, SEEDED_TABLES } from './domain/backup-tables.js';
import type { BackupProgress } from './read-snapshot.js';
import { SchemaLevel } from './schema-level.js';
import { sealOpened } from './sealed-columns.js';
import { listTables, readCatalog, type SqlConnection } from './table-catalog.js';

const CONNECT_SECONDS = 5;

export interface RestoreOptions {
  readonly url: string;
  readonly reader: BackupReader;
  /** Of the new place. */
  readonly secretBox: SecretBox;
  readonly now: Date;
  readonly logger: MigrationLogger;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

export interface RestoredBackup {
  readonly createdAt: string;
  /** By table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Those that this release has beyond the backup's schema, run on its rows. */
  readonly migrations: readonly string[];
}

/**
 * Fills an empty database from a backup: in one transaction, so that it is either all there or as empty as before. Servers
 * that are started meanwhile wait for it, as they do for migrations.
 *
 * @throws BackupError `newer`, `not-empty`, `damaged`; the signal's reason; what PostgreSQL says
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoredBackup> {
  refuseNewer(options.reader.header);
  const lockHolder = new Client({
    connectionString: options.url,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    keepAlive: true,
    application_name: 'fleetcert restore',
  });
  lockHolder.on('error', () => undefined);
  await lockHolder.connect();
  try {
    await takeMigrationLock(lockHolder, options.logger);
    return await restore(options);
  } finally {
    // The lock ends with its session.
    await lockHolder.end().catch(() => undefined);
  }
}

async function restore(options: RestoreOptions): Promise<RestoredBackup> {
  const { reader } = options;
  const dataSource = new DataSource(
    dataSourceOptions({ url: options.url, migrations: [...knownMigrations], poolSize: 2, unboundedStatements: true }),
  );
  await dataSource.initialize();
  const runner = dataSource.createQueryRunner();
  try {
    // pg's own client, which the transaction is on.
    const connection = (await runner.connect()) as PoolClient;
    await runner.startTransaction();
    await assertEmpty(connection);
    const schema = new SchemaLevel(dataSource, runner);
    await schema.make(reader.header.migrations);
    await fill(connection, options);
    const migrations = await schema.complete();
    await runner.commitTransaction();
    // The planner knows nothing of tables that were filled a moment ago, and autovacuum takes its time. Without it the
    // first queries are slow, and no more.
    await runner.query('ANALYZE').catch(() => undefined);
    return { createdAt: reader.header.createdAt, rows: reader.end.rows, migrations };
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release().catch(() => undefined);
    await dataSource.destroy().catch(() => undefined);
  }
}

function refuseNewer({ migrations, release }: BackupHeader): void {
  const known = new Set(knownMigrations.map(({ name }) => name));
  const unknown = migrations.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new BackupError(
    'newer',
    `The backup was made by a later release (${release}), this one does not know ${unknown.join(', ')}: restore it with that one.`,
  );
}

/** @throws BackupError `not-empty` naming the first table that has rows, or is none of ours */
async function assertEmpty(connection: SqlConnection): Promise<void> {
  const tables = await listTables(connection);
  const foreign = tables.length > 0 && !tables.includes('migrations') ? tables[0] : undefined;
  if (foreign !== undefined) throw notEmpty(`it has the table ${foreign}`);
  for (const table of tables) {
    if (SEEDED_TABLES.has(table) || Object.hasOwn(REBUILT_TABLES, table)) continue;
    const { rows } = await connection.query(`SELECT FROM ${escapeIdentifier(table)} LIMIT 1`);
    if (rows.length > 0) throw notEmpty(`there are rows in ${table}`);
  }
}

function notEmpty(why: string): BackupError {
  return new BackupError(
    'not-empty',
    `The database is not empty (${why}), and a restore never writes over anything: give it an empty one ` +
      '(DATABASE_URL), or move the embedded one away (postgres in FLEETCERT_DATA_DIR).',
  );
}

async function fill(connection: SqlConnection, options: RestoreOptions): Promise<void> {
  const { reader, secretBox, signal, onProgress, now } = options;
  const tables = await targets(connection, reader.header);
  // Triggers have acted on these rows already, when they were first written.
  for (const { name } of tables.values()) await connection.query(triggers(name, 'DISABLE'));
  for (const name of SEEDED_TABLES) {
    if (tables.has(name)) await connection.query(`DELETE FROM ${escapeIdentifier(name)}`);
  }
  let rows = 0;
  for await (const batch of reader.batches()) {
    signal?.throwIfAborted();
    const table = tables.get(batch.table);
    if (!table) throw damaged();
    await insert(connection, table, batch, secretBox);
    rows += batch.rows;
    onProgress?.({ table: batch.table, rows });
  }
  for (const { name } of tables.values()) await connection.query(triggers(name, 'ENABLE'));
  await setSequences(connection, reader.end.sequences);
  await raiseSerials(connection, now);
}

/** @throws BackupError `damaged` for a table or column that this level of the schema does not have */
async function targets(connection: SqlConnection, header: BackupHeader): Promise<Map<string, BackupTable>> {
  const present = new Map((await readCatalog(connection)).map((table) => [table.name, table]));
  for (const { name, columns, sealed } of header.tables) {
    const table = present.get(name);
    const isKnown = columns.every((column) => table?.columns.includes(column));
    if (!table || !isKnown || !sealed.every((column) => columns.includes(column))) throw damaged();
  }
  return new Map(header.tables.map((table) => [table.name, table]));
}

function triggers(table: string, verb: 'DISABLE' | 'ENABLE'): string {
  return `ALTER TABLE ${escapeIdentifier(table)} ${verb} TRIGGER USER`;
}

async function insert(
  connection: SqlConnection,
  { name, columns, sealed }: BackupTable,
  batch: RowBatch,
  secretBox: SecretBox,
): Promise<void> {
  const list = columns.map(escapeIdentifier).join(', ');
  const { rowCount } = await connection.query(
    `INSERT INTO ${escapeIdentifier(name)} (${list}) OVERRIDING SYSTEM VALUE
       SELECT ${list} FROM json_populate_recordset(NULL::${escapeIdentifier(name)}, $1::json)`,
    [sealOpened(batch.json, sealed, secretBox)],
  );
  if (rowCount !== batch.rows) throw damaged();
}

async function setSequences(connection: SqlConnection, sequences: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, last] of Object.entries(sequences)) {
    await connection.query(
      `SELECT setval(c.oid::regclass, $2::bigint) FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S' AND c.relname = $1`,
      [name, last],
    );
  }
}

/**
 * What was published after the backup was made is lost, but secondaries have seen its serials: from here on, however old
 * the backup is, the zones' are after all of those (ddns/domain/serial.ts).
 */
async function raiseSerials(connection: SqlConnection, now: Date): Promise<void> {
  await connection.query('UPDATE zones SET serial = $1', [serialAt(addSeconds(now, MAX_SECONDS_AHEAD))]);
}
