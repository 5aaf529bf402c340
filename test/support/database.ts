import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, beforeAll, describe, inject } from 'vitest';

import { dataSourceOptions } from '../../src/platform/database/data-source-options.js';
import type { DatabaseServerAddress, DatabaseServerKind } from './database-servers.js';
import { findProgram } from './peers.js';

export type { DatabaseServerKind } from './database-servers.js';

export interface TestDatabaseOptions {
  /** The entities of the DataSource; default none. */
  readonly entities?: DataSourceOptions['entities'];
  /** Default `embedded`, or `installed` when FLEETCERT_TEST_DATABASE_URL is set. */
  readonly server?: DatabaseServerKind;
  /** Default true; false: an empty database. */
  readonly migrated?: boolean;
}

/** A database that belongs to one test file (or describe block) and is dropped after it. */
export interface TestDatabase {
  /** `postgres://…`, for an application or a server under test. */
  readonly url: string;
  /** Connected with the same options as fleetcert's own. */
  readonly dataSource: DataSource;
  /** Ends every connection and refuses new ones until `restore` is called. */
  interrupt(): Promise<void>;
  restore(): Promise<void>;
}

/**
 * Gives the surrounding describe block (or file) a fresh, migrated database. Call it where hooks may be registered;
 * read the members inside hooks and tests.
 *
 *     const database = withDatabase({ entities: [DeviceEntity] });
 *     it('…', () => database.dataSource.query('…'));
 */
export function withDatabase(options: TestDatabaseOptions = {}): TestDatabase {
  let opened: OpenDatabase | undefined;
  const open = (): OpenDatabase => {
    if (!opened) throw new Error('the test database exists inside hooks and tests only');
    return opened;
  };
  beforeAll(async () => {
    opened = await createDatabase(options);
  });
  afterAll(async () => {
    await opened?.drop();
  });
  return {
    get url() {
      return open().url;
    },
    get dataSource() {
      return open().dataSource;
    },
    interrupt: () => open().interrupt(),
    restore: () => open().restore(),
  };
}

/**
 * Runs the block on the embedded PostgreSQL and on the one that the system has (Debian's PostgreSQL 15, or
 * FLEETCERT_TEST_DATABASE_URL). Without the latter that half is skipped with the reason, and fails where
 * FLEETCERT_REQUIRE_PEERS=1.
 */
export function describeOnEachDatabase(
  title: string,
  body: (database: TestDatabase) => void,
  options: Omit<TestDatabaseOptions, 'server'> = {},
): void {
  describe(`${title} (embedded PostgreSQL)`, () => {
    body(withDatabase({ ...options, server: 'embedded' }));
  });
  const isInstalled = process.env['FLEETCERT_TEST_DATABASE_URL'] !== undefined || findProgram('postgres') !== undefined;
  const isSkipped = !isInstalled && process.env['FLEETCERT_REQUIRE_PEERS'] !== '1';
  const note = isSkipped ? 'skipped: no PostgreSQL is installed' : 'installed PostgreSQL';
  describe.skipIf(isSkipped)(`${title} (${note})`, () => {
    body(withDatabase({ ...options, server: 'installed' }));
  });
}

/** A database whose life the caller ends with `drop`. */
export interface OpenDatabase extends TestDatabase {
  drop(): Promise<void>;
}

/** For a test that needs a database outside `withDatabase`: a second one, or one inside a single test. */
export async function createDatabase(options: TestDatabaseOptions = {}): Promise<OpenDatabase> {
  const server = await serverAddress(options.server ?? defaultServer());
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(
    server.url,
    `CREATE DATABASE ${name} TEMPLATE ${options.migrated === false ? 'template0' : server.template}`,
  );
  const address = new URL(server.url);
  address.pathname = `/${name}`;
  const dataSource = new DataSource(dataSourceOptions({ url: address.href, entities: options.entities, poolSize: 10 }));
  await dataSource.initialize();
  return {
    url: address.href,
    dataSource,
    interrupt: async () => {
      await execute(server.url, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await execute(server.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    },
    restore: () => execute(server.url, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`),
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await execute(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

function defaultServer(): DatabaseServerKind {
  return process.env['FLEETCERT_TEST_DATABASE_URL'] === undefined ? 'embedded' : 'installed';
}

async function serverAddress(kind: DatabaseServerKind): Promise<DatabaseServerAddress> {
  const response = await fetch(`${inject('databaseServers')}/${kind}`);
  if (!response.ok) throw new Error(`the ${kind} PostgreSQL did not start: ${await response.text()}`);
  return (await response.json()) as DatabaseServerAddress;
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  // A terminated connection reports its end once more after the query's own answer.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
