import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { isSerialAfter } from '../../../src/ddns/domain/serial.js';
import { BackupReader } from '../../../src/operators/backup/backup-reader.js';
import { KEPT_TABLES } from '../../../src/operators/backup/domain/backup-tables.js';
import { restoreBackup } from '../../../src/operators/backup/restore-backup.js';
import { writeBackup, type WrittenBackup } from '../../../src/operators/backup/write-backup.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import { startApp } from '../../support/app.js';
import {
  createDatabase,
  describeOnEachDatabase,
  type OpenDatabase,
  type TestDatabase,
} from '../../support/database.js';
import { contentOf, QUICK, SILENT, useServer } from './support.js';

const PASSPHRASE = 'correct horse battery staple';
const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

describeOnEachDatabase('a backup and its restore', (database) => {
  let directory: string;
  let file: string;
  let written: WrittenBackup;
  const opened: OpenDatabase[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleetcert-backup-'));
    file = join(directory, 'fleet.backup');
    const server = await startApp(database.url, { FLEETCERT_SECRET_KEY: OLD_KEY.toString('base64') });
    await useServer(server, database.dataSource);
    await server.stop();
    written = await backup(database.url, file);
  });
  afterAll(async () => {
    for (const { drop } of opened) await drop();
    await rm(directory, { recursive: true });
  });

  function backup(url: string, output: string, key = OLD_KEY): Promise<WrittenBackup> {
    return writeBackup({
      url,
      output,
      passphrase: PASSPHRASE,
      secretBox: new SecretBox(key),
      now: new Date(),
      workFactor: QUICK,
    });
  }

  async function emptyDatabase(migrated = false): Promise<OpenDatabase> {
    const server = (await isEmbedded(database)) ? 'embedded' : 'installed';
    const made = await createDatabase({ server, migrated });
    opened.push(made);
    return made;
  }

  async function restore(url: string, input = file, passphrase = PASSPHRASE): Promise<unknown> {
    const reader = await BackupReader.open(input, passphrase);
    const secretBox = new SecretBox(NEW_KEY);
    try {
      return await restoreBackup({ url, reader, secretBox, now: new Date(), logger: SILENT });
    } finally {
      await reader.close();
    }
  }

  it('has rows of all that the server was used for', () => {
    const without = [...KEPT_TABLES].filter((table) => !written.rows[table]);
    // Of these, what follows from the others, or comes in pairs with them.
    expect(without.filter((table) => !['bulk_jobs', 'bulk_job_items', 'issuance_pauses'].includes(table))).toEqual([]);
  });

  it('brings every row back as it was, into a database without anything', async () => {
    const target = await emptyDatabase();
    await restore(target.url);
    expect(await contentOf(target.url)).toEqual(await contentOf(database.url));
  });

  it('seals secrets with the key of the new place, which open to what they were', async () => {
    const target = await emptyDatabase(true);
    await restore(target.url);
    for (const [table, column] of [
      ['acme_accounts', 'key_sealed'],
      ['tsig_keys', 'sealed_secret'],
      ['webhooks', 'sealed_secret'],
    ] as const) {
      const read = `SELECT id, ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL ORDER BY id`;
      const [before, after]: { id: string; sealed: string }[][] = [
        await database.dataSource.query(read),
        await target.dataSource.query(read),
      ];
      expect(before!.length).toBeGreaterThan(0);
      const open = (rows: typeof before, key: Buffer) =>
        rows!.map(({ sealed }) => sha256(new SecretBox(key).open(sealed)));
      expect(open(after, NEW_KEY)).toEqual(open(before, OLD_KEY));
    }
  });

  it("raises the zones' serials, goes on counting where it was, and leaves triggers as they were", async () => {
    const target = await emptyDatabase();
    await restore(target.url);
    const serialOf = async ({ dataSource }: TestDatabase): Promise<number> => {
      const rows: { serial: string }[] = await dataSource.query('SELECT serial FROM zones');
      return Number(rows[0]!.serial);
    };
    expect(isSerialAfter(await serialOf(target), await serialOf(database))).toBe(true);

    const [{ last }]: [{ last: string }] = await database.dataSource.query('SELECT max(id) AS last FROM events');
    await target.dataSource.query(
      `INSERT INTO events (type, severity, subject_kind, subject_id, message, data, created_at)
       VALUES ('x', 'info', 'device', 'y', 'm', '{}', now())`,
    );
    const [{ next }]: [{ next: string }] = await target.dataSource.query('SELECT max(id) AS next FROM events');
    expect(Number(next)).toBeGreaterThan(Number(last));
    await expect(target.dataSource.query('DELETE FROM audit_log')).rejects.toThrow('append-only');
    const disabled = `SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'`;
    expect(await target.dataSource.query(disabled)).toEqual([]);
  });

  it('is a file that only its owner may read, with nothing left beside it', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(file)).size).toBe(written.size);
    expect(await readdir(directory)).toEqual(['fleet.backup']);
  });

  it('needs the secret key that the database was sealed with, and leaves no file without it', async () => {
    await expect(backup(database.url, join(directory, 'other'), NEW_KEY)).rejects.toThrow('FLEETCERT_SECRET_KEY');
    expect(await readdir(directory)).toEqual(['fleet.backup']);
  });

  it('says so of a database that no fleetcert has used', async () => {
    const target = await emptyDatabase();
    await expect(backup(target.url, join(directory, 'other'))).rejects.toMatchObject({ kind: 'nothing-there' });
  });

  it('is not restored over anything', async () => {
    await expect(restore(database.url)).rejects.toMatchObject({ kind: 'not-empty' });
    const foreign = await emptyDatabase();
    await foreign.dataSource.query('CREATE TABLE customers (id integer)');
    await expect(restore(foreign.url)).rejects.toMatchObject({
      kind: 'not-empty',
      message: expect.stringContaining('customers') as string,
    });
  });

  it('is not restored with a wrong passphrase', async () => {
    const target = await emptyDatabase();
    await expect(restore(target.url, file, 'wrong')).rejects.toMatchObject({ kind: 'passphrase' });
  });

  it('is not restored from a file that was cut off or changed anywhere, and leaves the database as empty as before', async () => {
    const whole = await readFile(file);
    const target = await emptyDatabase();
    const spoiled = join(directory, 'spoiled');
    const places = [0, 30, 100, 0.2, 0.5, 0.8, 0.999].map((place) =>
      place < 1 ? Math.floor(place * whole.length) : place,
    );
    for (const place of places) {
      const changed = Buffer.from(whole);
      changed[place]! ^= 1;
      for (const content of [changed, whole.subarray(0, place)]) {
        await writeFile(spoiled, content);
        const failure = await restore(target.url, spoiled).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(failure, `${content.length === whole.length ? 'changed' : 'cut'} at ${place}`).toMatchObject({
          name: 'BackupError',
        });
      }
    }
    await writeFile(spoiled, Buffer.concat([whole, Buffer.from('x')]));
    await expect(restore(target.url, spoiled)).rejects.toMatchObject({ kind: 'damaged' });
    expect(await contentOf(target.url)).toEqual({});
    await rm(spoiled);
  });

  it('is not restored from any other file', async () => {
    const target = await emptyDatabase();
    const other = join(directory, 'other');
    for (const content of ['', 'age', '-----BEGIN PGP MESSAGE-----\n', randomBytes(100_000)]) {
      await writeFile(other, content);
      await expect(restore(target.url, other)).rejects.toMatchObject({ name: 'BackupError' });
    }
    await rm(other);
    await expect(restore(target.url, other)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

async function isEmbedded({ dataSource }: TestDatabase): Promise<boolean> {
  const rows: { name: string }[] = await dataSource.query(`SELECT current_setting('server_version_num') AS name`);
  return Number(rows[0]!.name) >= 180_000;
}
