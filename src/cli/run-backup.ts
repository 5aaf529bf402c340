import { resolve } from 'node:path';

import { openForBackup } from '../operators/backup/backup-database.js';
import { writeBackup } from '../operators/backup/write-backup.js';
import { openSecretBox } from '../platform/security/open-secret-box.js';
import { doBackupWork, grouped, secondsSince, total } from './backup-work.js';
import type { Console } from './console.js';

export interface BackupCommandOptions {
  readonly output: string;
  readonly json?: boolean;
}

export async function runBackup({ output, json }: BackupCommandOptions, console: Console): Promise<void> {
  const startedAt = performance.now();
  const written = await doBackupWork(console, async ({ config, logger, ...tools }) => {
    const database = await openForBackup(config, logger);
    try {
      const secretBox = await openSecretBox(config);
      return await writeBackup({ url: database.url, output: resolve(output), secretBox, now: new Date(), ...tools });
    } finally {
      await database.close();
    }
  });
  const seconds = secondsSince(startedAt);
  const { file, size, rows } = written;
  if (json) console.json({ ...written, seconds });
  else console.print(`${file}: ${grouped(total(rows))} rows, ${grouped(size)} octets, in ${seconds} s`);
}
