import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createDatabase, withDatabase } from '../../support/database.js';
import { contentOf } from './support.js';

/** So many that it takes a while. */
const ROWS = 100_000;

describe('an interrupted command', () => {
  const database = withDatabase();
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleetcert-interrupted-'));
    await database.dataSource.query(
      `INSERT INTO issuance_buckets SELECT 'filler', md5(i::text), i FROM generate_series(1, ${ROWS}) AS i`,
    );
  });
  afterAll(() => rm(directory, { recursive: true }));

  function start(url: string, ...words: string[]): ChildProcess {
    return spawn(process.execPath, ['--import', './scripts/ts-hook.mjs', 'src/cli/main.ts', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DATABASE_URL: url,
        FLEETCERT_DATA_DIR: join(directory, 'data'),
        FLEETCERT_BACKUP_PASSPHRASE: 'a passphrase',
      },
    });
  }

  async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly err: string }> {
    let err = '';
    child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, err };
  }

  const files = async (): Promise<string[]> => (await readdir(directory)).filter((name) => name !== 'data');

  it('leaves no file behind, and no row', async () => {
    const file = join(directory, 'fleet.age');
    const interrupted = start(database.url, 'backup', '--output', file);
    const ending = ended(interrupted);
    await expect.poll(files, { timeout: 60_000, interval: 10 }).toHaveLength(1);
    interrupted.kill('SIGINT');
    expect(await ending).toEqual({ code: 130, err: expect.stringContaining('Interrupted') as string });
    expect(await files()).toEqual([]);

    expect((await ended(start(database.url, 'backup', '--output', file))).code).toBe(0);
    const target = await createDatabase({ migrated: false });
    const restoring = start(target.url, 'restore', '--input', file);
    const restored = ended(restoring);
    const isInserting = async (): Promise<number> => {
      const rows: { n: number }[] = await database.dataSource.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%json_populate_recordset%'`,
        [new URL(target.url).pathname.slice(1)],
      );
      return rows[0]!.n;
    };
    await expect.poll(isInserting, { timeout: 60_000, interval: 10 }).toBeGreaterThan(0);
    restoring.kill('SIGTERM');
    expect(await restored).toEqual({ code: 130, err: expect.stringContaining('Interrupted') as string });
    expect(await contentOf(target.url)).toEqual({});
    await target.drop();
  }, 150_000);
});
