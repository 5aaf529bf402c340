import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { BackupReader } from '../../../src/operators/backup/backup-reader.js';
import { restoreBackup } from '../../../src/operators/backup/restore-backup.js';
import { writeBackup } from '../../../src/operators/backup/write-backup.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import { createDatabase, describeOnEachDatabase } from '../../support/database.js';
import { QUICK, SILENT } from './support.js';

const WRITERS = 4;
/** Long enough a backup for many writes to fall into it. */
const ROWS = 20_000;

describeOnEachDatabase('a backup that is made while the database is written to', (database) => {
  it('holds one moment: of every transaction all, or nothing', async () => {
    const { dataSource } = database;
    const directory = await mkdtemp(join(tmpdir(), 'fleetcert-backup-'));
    const secretBox = new SecretBox(randomBytes(32));
    const target = await createDatabase({ migrated: false });
    await dataSource.query(
      `INSERT INTO issuance_buckets SELECT 'filler', i::text, i FROM generate_series(1, ${ROWS}) AS i`,
    );
    const stop = new AbortController();
    let committed = 0;
    // The tables that a writer touches are far apart in the order in which the backup reads them.
    const write = async (writer: number): Promise<void> => {
      for (let turn = 1; !stop.signal.aborted; turn += 1) {
        await dataSource.transaction(async (transaction) => {
          await transaction.query(
            `INSERT INTO issuance_buckets VALUES ('load', $1, $2) ON CONFLICT (ca, key) DO UPDATE SET tat = excluded.tat`,
            [String(writer), turn],
          );
          await transaction.query(
            `INSERT INTO api_keys (id, key_hash, role, note, created_at) VALUES ($1, $2, 'viewer', $3, now())`,
            [randomUUID(), randomBytes(32), String(writer)],
          );
          await transaction.query(
            `INSERT INTO mail_messages (id, subject, body, state, next_attempt_at, created_at)
             VALUES ($1, $2, '', 'pending', now(), now())`,
            [randomUUID(), String(writer)],
          );
        });
        committed += 1;
      }
    };
    const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
    const output = join(directory, 'backup');
    let during = 0;
    try {
      await expect.poll(() => committed).toBeGreaterThan(10);
      const before = committed;
      const now = new Date();
      await writeBackup({ url: database.url, output, passphrase: 'passphrase', secretBox, now, workFactor: QUICK });
      during = committed - before;
    } finally {
      stop.abort();
      await Promise.all(writers);
    }
    expect(during).toBeGreaterThan(0);

    const reader = await BackupReader.open(output, 'passphrase');
    await restoreBackup({ url: target.url, reader, secretBox, now: new Date(), logger: SILENT });
    const counts: { turns: number; keys: number; mails: number }[] = await target.dataSource.query(
      `SELECT tat::int AS turns,
              (SELECT count(*)::int FROM api_keys WHERE note = b.key) AS keys,
              (SELECT count(*)::int FROM mail_messages WHERE subject = b.key) AS mails
         FROM issuance_buckets b WHERE ca = 'load'`,
    );
    expect(counts.length).toBeGreaterThan(0);
    for (const { turns, keys, mails } of counts) expect({ keys, mails }).toEqual({ keys: turns, mails: turns });
    const [{ rows }]: [{ rows: number }] = await target.dataSource.query(
      `SELECT count(*)::int AS rows FROM issuance_buckets WHERE ca = 'filler'`,
    );
    expect(rows).toBe(ROWS);
    await target.drop();
    await rm(directory, { recursive: true });
  }, 60_000);
});
