import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { migrations } from '../../../migrations/index.js';
import { BackupReader } from '../../../src/operators/backup/backup-reader.js';
import { KEPT_TABLES, REBUILT_TABLES } from '../../../src/operators/backup/domain/backup-tables.js';
import { restoreBackup } from '../../../src/operators/backup/restore-backup.js';
import { SchemaLevel } from '../../../src/operators/backup/schema-level.js';
import { listTables, readCatalog } from '../../../src/operators/backup/table-catalog.js';
import { writeBackup } from '../../../src/operators/backup/write-backup.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import { createDatabase, withDatabase, type OpenDatabase } from '../../support/database.js';
import { contentOf, QUICK, SILENT } from './support.js';

const HELP = `is in neither list of src/operators/backup/domain/backup-tables.ts: is it kept, or rebuilt, and why?`;
const PASSPHRASE = 'passphrase';

describe('what a backup carries', () => {
  const database = withDatabase();
  const box = new SecretBox(randomBytes(32));
  let client: Client;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleetcert-backup-'));
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await rm(directory, { recursive: true });
  });

  it('is decided for every table of the schema', async () => {
    const undecided = (await listTables(client)).filter(
      (table) => !KEPT_TABLES.has(table) && !Object.hasOwn(REBUILT_TABLES, table),
    );
    expect(undecided.map((table) => `${table} ${HELP}`)).toEqual([]);
  });

  it('is decided for no table that there is not', async () => {
    const tables = new Set([...(await listTables(client)), 'typeorm_metadata']);
    const gone = [...KEPT_TABLES, ...Object.keys(REBUILT_TABLES)].filter((table) => !tables.has(table));
    expect(gone).toEqual([]);
  });

  it('can be filled in an order that no foreign key stands against', async () => {
    const carried = (await readCatalog(client)).map(({ name }) => name);
    expect(carried).toEqual(expect.arrayContaining([...KEPT_TABLES]));
    expect(carried.indexOf('devices')).toBeLessThan(carried.indexOf('certificates'));
  });

  it('includes every column that holds something sealed', async () => {
    const sealed = (await readCatalog(client)).flatMap(({ name, sealed: columns }) =>
      columns.map((column) => `${name}.${column}`),
    );
    expect(sealed).toEqual(
      expect.arrayContaining(['acme_accounts.key_sealed', 'tsig_keys.sealed_secret', 'webhooks.sealed_secret']),
    );
  });

  async function backup(url: string): Promise<string> {
    const output = join(directory, 'backup');
    const now = new Date();
    await writeBackup({ url, output, passphrase: PASSPHRASE, secretBox: box, now, workFactor: QUICK });
    return output;
  }

  async function restore(url: string, file: string): Promise<{ readonly migrations: readonly string[] }> {
    const reader = await BackupReader.open(file, PASSPHRASE);
    return restoreBackup({ url, reader, secretBox: box, now: new Date(), logger: SILENT });
  }

  /** A database as an earlier release left it. */
  async function atLevel(names: readonly string[]): Promise<OpenDatabase> {
    const made = await createDatabase({ migrated: false });
    const runner = made.dataSource.createQueryRunner();
    await new SchemaLevel(made.dataSource, runner).make(names);
    await runner.release();
    return made;
  }

  it('may be of an earlier release: its rows take the way that the schema took since', async () => {
    const names = migrations.map(({ name }) => name);
    const old = await atLevel(names.slice(0, 5));
    await old.dataSource.query(
      `INSERT INTO enrollment_keys (id, key_hash, zone, created_at) VALUES (gen_random_uuid(), '\\x01', 'fleet.test', now())`,
    );
    const file = await backup(old.url);
    for (const migrated of [false, true]) {
      const target = await createDatabase({ migrated });
      const { migrations: run } = await restore(target.url, file);
      expect(run).toEqual(names.slice(5));
      const content = await contentOf(target.url);
      expect(content['enrollment_keys']).toHaveLength(1);
      expect(Object.keys(content)).toEqual(expect.arrayContaining([...KEPT_TABLES]));
      await target.drop();
    }
    await old.drop();
  });

  it('is refused by a release that is older than the schema, when made and when restored', async () => {
    const future = await createDatabase();
    const file = await backup(future.url);
    await future.dataSource.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'Tomorrow1')`);
    await expect(backup(future.url)).rejects.toMatchObject({ kind: 'newer' });

    const reader = await BackupReader.open(file, PASSPHRASE);
    const tomorrow = { header: { ...reader.header, migrations: [...reader.header.migrations, 'Tomorrow1'] } };
    const target = await createDatabase({ migrated: false });
    await expect(
      restoreBackup({
        url: target.url,
        reader: tomorrow as unknown as BackupReader,
        secretBox: box,
        now: new Date(),
        logger: SILENT,
      }),
    ).rejects.toMatchObject({ kind: 'newer', message: expect.stringContaining('Tomorrow1') as string });
    await reader.close();
    for (const { drop } of [future, target]) await drop();
  });
});
