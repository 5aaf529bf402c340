import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DataSource } from 'typeorm';

import { migrations } from '../../../migrations/index.js';
import { dataSourceOptions } from './data-source-options.js';

/** Session-level advisory lock of PostgreSQL: one server migrates, the others wait and find it done. "fleetcer". */
const MIGRATION_LOCK = '7380385375772173682';
const INSUFFICIENT_PRIVILEGE = '42501';
const CONNECT_SECONDS = 5;
const LOCK_POLL_MILLISECONDS = 100;
const LOCK_WAIT_SECONDS = 600;

export interface MigrationLogger {
  log(message: string): void;
  warn(message: string): void;
}

/**
 * Brings the database's schema to this release, one transaction a migration. Several servers may call it at once.
 *
 * @returns the names of the migrations that were run now, oldest first
 * @throws Error when another server holds the migration lock for ten minutes, or our role may not make tables; what
 * PostgreSQL said, otherwise
 */
export async function migrateDatabase(url: string, logger: MigrationLogger): Promise<string[]> {
  const lockHolder = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    keepAlive: true,
    application_name: 'fleetcert migrate',
  });
  let lostConnection: Error | undefined;
  lockHolder.on('error', (error) => (lostConnection = error));
  await lockHolder.connect();
  try {
    await takeMigrationLock(lockHolder, logger);
    const done = await runPending(url, logger);
    if (lostConnection) throw lostConnection;
    return done;
  } finally {
    // The lock ends with its session.
    await lockHolder.end().catch(() => undefined);
  }
}

/** Waits until nobody else migrates the database; the lock ends with the client's session. */
export async function takeMigrationLock(client: Client, logger: MigrationLogger): Promise<void> {
  const deadline = Date.now() + LOCK_WAIT_SECONDS * 1000;
  for (let attempt = 0; ; attempt++) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.taken) return;
    if (Date.now() > deadline) {
      throw new Error(
        `another server has been migrating the database for ${LOCK_WAIT_SECONDS} s: see what holds it up`,
      );
    }
    if (attempt === 0) logger.log('another server is migrating the database: waiting for it');
    await sleep(LOCK_POLL_MILLISECONDS);
  }
}

async function runPending(url: string, logger: MigrationLogger): Promise<string[]> {
  const dataSource = new DataSource(
    dataSourceOptions({ url, migrations: [...migrations], poolSize: 2, unboundedStatements: true }),
  );
  await dataSource.initialize();
  try {
    const done = await dataSource.runMigrations({ transaction: 'each' }).catch(explainPrivilege);
    await warnOfUnknown(dataSource, logger);
    return done.map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}

/** Since PostgreSQL 15 only a database's owner makes tables in `public`, which surprises those who come from 14. */
function explainPrivilege(error: unknown): never {
  if ((error as { code?: unknown }).code !== INSUFFICIENT_PRIVILEGE) throw error;
  throw new Error(
    `the role in DATABASE_URL may not make what fleetcert needs (${(error as Error).message}): ` +
      'make it the owner of its database (ALTER DATABASE … OWNER TO …)',
    { cause: error },
  );
}

/** A newer release was here: it may work, for rolling back, and somebody ought to know. */
async function warnOfUnknown(dataSource: DataSource, logger: MigrationLogger): Promise<void> {
  const known = new Set(dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name));
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id');
  const unknown = rows.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  logger.warn(`the database was migrated by a newer release, this one does not know ${unknown.join(', ')}`);
}
