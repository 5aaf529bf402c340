import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EmbeddedPostgres } from '../../../src/platform/database/embedded/embedded-postgres.js';
import { migrateDatabase } from '../../../src/platform/database/migrate-database.js';
import { createDatabase } from '../../support/database.js';
import { type Finished, fleetcert } from '../cli/run.js';
import { contentOf, SILENT } from './support.js';

describe('fleetcert backup and fleetcert restore', () => {
  let directory: string;
  let dataDirectory: string;
  let running: EmbeddedPostgres | undefined;
  let content: Record<string, string[]>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleetcert-backup-'));
    // PostgreSQL run by root is somebody else's process.
    await chmod(directory, 0o711);
    dataDirectory = join(directory, 'data');
    running = await EmbeddedPostgres.start({ dataDirectory, logger: SILENT });
    await migrateDatabase(running.url, SILENT);
    content = await contentOf(running.url);
  });
  afterAll(async () => {
    await running?.stop();
    await rm(directory, { recursive: true });
  });

  const run = (words: readonly string[], environment: Record<string, string> = {}): Promise<Finished> =>
    fleetcert(words, {
      FLEETCERT_BACKUP_PASSPHRASE: 'a passphrase',
      FLEETCERT_DATA_DIR: dataDirectory,
      ...environment,
    });

  it('share the embedded database with the server that has it open', async () => {
    const file = join(directory, 'shared.age');
    const { code, out, err } = await run(['backup', '--output', file]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^\/.*shared\.age: [\d,]+ rows, [\d,]+ octets, in [\d.]+ s\n$/);
    expect(running!.pid).toBeGreaterThan(0);
    expect((await readFile(file)).subarray(0, 21).toString()).toBe('age-encryption.org/v1');
  });

  it('start the embedded database where none runs, stop it again, and bring it to another place', async () => {
    await running!.stop();
    running = undefined;
    const file = join(directory, 'stopped.age');
    const made = await run(['backup', '--output', file, '--json']);
    expect(made.code).toBe(0);
    expect(JSON.parse(made.out)).toMatchObject({ file, rows: { devices: 0, event_cursors: 2 } });

    const place = { FLEETCERT_DATA_DIR: join(directory, 'other') };
    const restored = await run(['restore', '--input', file, '--json'], place);
    expect({ code: restored.code, err: restored.err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(restored.out)).toMatchObject({ rows: { event_cursors: 2 }, migrations: [] });
    const other = await EmbeddedPostgres.start({ dataDirectory: place.FLEETCERT_DATA_DIR, logger: SILENT });
    expect(await contentOf(other.url)).toEqual(content);

    const occupied = await run(['restore', '--input', file], place);
    expect(occupied.code).toBe(73);
    expect(occupied.err).toContain('is in use');
    await other.stop();
  });

  it('tell apart by their exit codes what went wrong, in one sentence each', async () => {
    const target = await createDatabase({ migrated: false });
    const source = await createDatabase();
    const place = { DATABASE_URL: target.url };
    const file = join(directory, 'codes.age');
    expect((await run(['backup', '--output', file], { DATABASE_URL: source.url })).code).toBe(0);
    await source.dataSource.query(
      `INSERT INTO enrollment_keys (id, key_hash, zone, created_at) VALUES (gen_random_uuid(), '', 'z', now())`,
    );

    const spoiled = join(directory, 'spoiled.age');
    await writeFile(spoiled, (await readFile(file)).subarray(0, -1));
    const cases: [readonly string[], Record<string, string>, number, string][] = [
      [['restore', '--input', file], { ...place, FLEETCERT_BACKUP_PASSPHRASE: 'another one!' }, 77, 'passphrase'],
      [['restore', '--input', spoiled], place, 65, 'cut off'],
      [['restore', '--input', join(directory, 'none')], place, 1, 'ENOENT'],
      [['restore', '--input', file], { DATABASE_URL: source.url }, 73, 'not empty'],
      [['restore', '--input', file], { ...place, FLEETCERT_BACKUP_PASSPHRASE: '' }, 78, 'FLEETCERT_BACKUP_PASSPHRASE'],
      [['backup', '--output', file], { ...place, FLEETCERT_DNS_LISTEN: 'x' }, 78, 'FLEETCERT_DNS_LISTEN'],
      [['backup', '--output', join(directory, 'no/where')], { DATABASE_URL: source.url }, 1, 'ENOENT'],
      [['backup', '--output', file], place, 1, 'nothing to back up'],
      [['backup', '--output', file], { FLEETCERT_DATA_DIR: join(directory, 'missing') }, 1, 'nothing to back up'],
    ];
    for (const [words, environment, code, sentence] of cases) {
      const ran = await run(words, environment);
      expect(ran).toEqual({ code, out: '', err: expect.stringContaining(sentence) as string });
    }
    expect((await run(['restore', '--input', file], place)).code).toBe(0);
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    for (const { drop } of [source, target]) await drop();
  });

  it('tell of wrong usage, and how it is right', async () => {
    for (const words of [['backup'], ['restore'], ['backup', '--output', 'x', 'y'], ['restore', '--nonsense']]) {
      expect((await run(words)).code).toBe(64);
    }
    for (const name of ['backup', 'restore']) {
      const { code, out } = await run([name, '--help']);
      expect(code).toBe(0);
      for (const part of ['FLEETCERT_BACKUP_PASSPHRASE', 'Exit codes', '--json']) expect(out).toContain(part);
    }
  });

  it('warn of a passphrase that can be guessed', async () => {
    const { code, err } = await run(['backup', '--output', join(directory, 'short.age')], {
      FLEETCERT_BACKUP_PASSPHRASE: 'short',
    });
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('5 characters') as string });
  });
});
