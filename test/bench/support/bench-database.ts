import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';

import { EmbeddedPostgres } from '../../../src/platform/database/embedded/embedded-postgres.js';
import { probePrograms } from '../../../src/platform/database/embedded/postgres-programs.js';
import { findProgram } from '../../support/peers.js';
import { BENCH_ZONE } from './bench-zone.js';

/** 16 MB each: enough for the benches. */
const WAL_FILES = 48;
const SILENT = { log: (): void => {}, warn: (): void => {}, debug: (): void => {} };

/** A PostgreSQL of the bench's own, durable as it is by default: the system's where there is one, else the embedded. All reach it by its Unix socket. */
export interface BenchDatabase {
  readonly url: string;
  /** Makes another database in the same cluster. @returns its URL. */
  create(name: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startBenchDatabase(): Promise<BenchDatabase> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'fleetcert-bench-'));
  await chmod(dataDirectory, 0o711);
  const installed = findProgram('postgres');
  const programs = installed ? await probePrograms(dirname(realpathSync(installed)), undefined) : undefined;
  const server = await EmbeddedPostgres.start({ dataDirectory, logger: SILENT, ...(programs && { programs }) });
  const url = server.socketUrlOf();
  if (url === server.url) throw new Error(`${dataDirectory} is too long for a Unix socket: set TMPDIR`);
  await onDatabase(url, makeWalFiles);
  return {
    url,
    create: async (name) => {
      await onDatabase(url, (client) => client.query(`CREATE DATABASE ${name}`));
      return server.socketUrlOf(name);
    },
    stop: async () => {
      await server.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

export async function onDatabase<T>(url: string, body: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

/**
 * A database that has run for a while has its WAL files, and uses them again after each checkpoint. A new one makes each
 * when it is needed: every 16 MB all commits wait for that.
 */
async function makeWalFiles(client: Client): Promise<void> {
  await client.query(`ALTER SYSTEM SET min_wal_size = '${WAL_FILES * 16}MB'`);
  await client.query('SELECT pg_reload_conf()');
  for (let file = 0; file < WAL_FILES; file += 1) {
    await client.query(`SELECT pg_logical_emit_message(false, 'bench', 'next')`);
    await client.query('SELECT pg_switch_wal()');
  }
  await client.query('CHECKPOINT');
}

/** Devices with one address each and their records, in a database that a server has migrated and is not running on. */
export function fillDevices(url: string, count: number): Promise<unknown> {
  return onDatabase(url, async (client) => {
    await client.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
         SELECT gen_random_uuid(), label, $2, label || '.' || $2, 'active', ARRAY[address], now()
           FROM (SELECT 'device' || lpad(n::text, 14, '0') AS label,
               '10.' || (n >> 16 & 255) || '.' || (n >> 8 & 255) || '.' || (n & 255) AS address
             FROM generate_series(0, $1::integer - 1) n) d`,
      [count, BENCH_ZONE],
    );
    await client.query(
      `INSERT INTO rrsets (zone, name, type, ttl, rdata, owners)
         SELECT zone, name, 1, 60, ARRAY[int4send(n)], ARRAY['device:' || id]
           FROM (SELECT d.*, (substring(label FROM 7)::bigint + 167772160)::integer AS n FROM devices d) d`,
    );
    await client.query('ANALYZE devices, rrsets');
  });
}
