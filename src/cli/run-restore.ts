import { resolve } from 'node:path';

import { BackupReader } from '../operators/backup/backup-reader.js';
import { restoreBackup } from '../operators/backup/restore-backup.js';
import { openDatabaseServer } from '../platform/database/database-server.js';
import { openSecretBox } from '../platform/security/open-secret-box.js';
import { doBackupWork, grouped, secondsSince, total } from './backup-work.js';
import type { Console } from './console.js';

export interface RestoreCommandOptions {
  readonly input: string;
  readonly json?: boolean;
}

export async function runRestore({ input, json }: RestoreCommandOptions, console: Console): Promise<void> {
  const startedAt = performance.now();
  const restored = await doBackupWork(console, async ({ config, passphrase, logger, ...tools }) => {
    // Before any database is opened, or made.
    const reader = await BackupReader.open(resolve(input), passphrase);
    try {
      const database = await openDatabaseServer(config, logger);
      try {
        const secretBox = await openSecretBox(config);
        return await restoreBackup({ url: database.url, reader, secretBox, now: new Date(), logger, ...tools });
      } finally {
        await database.close();
      }
    } finally {
      await reader.close();
    }
  });
  const seconds = secondsSince(startedAt);
  if (json) console.json({ ...restored, seconds });
  else console.print(`Restored: ${grouped(total(restored.rows))} rows as of ${restored.createdAt}, in ${seconds} s`);
}
