import { createServer, type Server } from 'node:http';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';

import { EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';
import { probePrograms } from '../../src/platform/database/embedded/postgres-programs.js';
import { migrateDatabase } from '../../src/platform/database/migrate-database.js';
import { findProgram } from './peers.js';

/** `embedded`: the npm package's PostgreSQL; `installed`: the system's, or FLEETCERT_TEST_DATABASE_URL. */
export type DatabaseServerKind = 'embedded' | 'installed';

/** What a test file needs to make databases of its own. */
export interface DatabaseServerAddress {
  /** Of a database that is only there to connect to; its role may create databases. */
  readonly url: string;
  /** A database with every migration run, to copy. */
  readonly template: string;
}

const SILENT = { log: (): void => {}, warn: (): void => {}, debug: (): void => {} };

/** A crash of the machine loses nothing that a test run wants to keep. */
const FAST_AND_UNSAFE = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  shared_buffers: '128MB',
  autovacuum: 'off',
};

/**
 * The PostgreSQL servers of one test run. Each is started when the first test file asks for it, in vitest's main
 * process, and serves all files; a run of unit tests starts none.
 */
export class DatabaseServers {
  readonly #started = new Map<DatabaseServerKind, Promise<DatabaseServerAddress>>();
  readonly #closers: (() => Promise<void>)[] = [];
  #broker: Server | undefined;

  /** Listens on the loopback address; test files ask `GET <url>/<kind>`. */
  async listen(): Promise<string> {
    const broker = createServer((request, response) => {
      const kind = request.url?.slice(1) as DatabaseServerKind;
      this.#address(kind).then(
        (address) => response.end(JSON.stringify(address)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    this.#broker = broker;
    await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(broker.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#broker?.close();
    this.#broker?.closeAllConnections();
    await Promise.allSettled(this.#started.values());
    for (const close of this.#closers.toReversed()) await close();
  }

  #address(kind: DatabaseServerKind): Promise<DatabaseServerAddress> {
    let address = this.#started.get(kind);
    if (!address) {
      address = this.#start(kind);
      this.#started.set(kind, address);
    }
    return address;
  }

  async #start(kind: DatabaseServerKind): Promise<DatabaseServerAddress> {
    const given = kind === 'installed' ? process.env['FLEETCERT_TEST_DATABASE_URL'] : undefined;
    const url = given ?? (await this.#startServer(kind));
    const template = `fleetcert_template_${process.pid}`;
    await execute(url, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await execute(url, `CREATE DATABASE ${template}`);
    this.#closers.push(() => execute(url, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`));
    const templateUrl = new URL(url);
    templateUrl.pathname = `/${template}`;
    await migrateDatabase(templateUrl.href, SILENT);
    return { url, template };
  }

  async #startServer(kind: DatabaseServerKind): Promise<string> {
    const dataDirectory = await mkdtemp(join(tmpdir(), `fleetcert-test-${kind}-`));
    // PostgreSQL 15 changes to its directory by name; run by root, it is somebody else's process.
    await chmod(dataDirectory, 0o711);
    this.#closers.push(() => rm(dataDirectory, { recursive: true, force: true }));
    const server = await EmbeddedPostgres.start({
      dataDirectory,
      logger: SILENT,
      settings: FAST_AND_UNSAFE,
      ...(kind === 'installed' && { programs: await installedPrograms() }),
    });
    this.#closers.push(() => server.stop());
    return server.url;
  }
}

async function installedPrograms(): Promise<Awaited<ReturnType<typeof probePrograms>>> {
  const path = findProgram('postgres');
  if (!path) throw new Error('no PostgreSQL server is installed');
  return probePrograms(dirname(realpathSync(path)), undefined);
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
