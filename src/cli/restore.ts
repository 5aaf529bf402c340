import { resolve } from 'node:path';

import type { Command } from 'commander';

import { BackupReader } from '../operators/backup/backup-reader.js';
import { restoreBackup } from '../operators/backup/restore-backup.js';
import type { Environment } from '../platform/config/environment.js';
import { openDatabaseServer } from '../platform/database/database-server.js';
import { openSecretBox } from '../platform/security/open-secret-box.js';
import { backupLikeCommand, grouped, runBackupWork, total, type CommandStreams } from './backup-command.js';

const DETAILS = `
It fills the database of the server's configuration (environment variables and .env), which has to be empty, in one
transaction: all of it is there afterwards, or nothing. Secrets are sealed with the FLEETCERT_SECRET_KEY of the new place,
which may be another one. Start the server afterwards.

Exit codes: 0 done, 1 failed, 64 wrong usage, 65 the file cannot be used (damaged, cut off, of a later release),
69 the database cannot be reached, 73 the database is not empty or in use, 77 wrong passphrase, 78 wrong configuration,
130 interrupted.

Example:
  $ FLEETCERT_BACKUP_PASSPHRASE=… DATABASE_URL=postgres://…/new fleetcert restore --input /backup/fleet.age`;

interface RestoreCommandOptions {
  readonly input: string;
  readonly json?: boolean;
}

/** `fleetcert restore`: an empty database becomes what the backup was made of. */
export function restoreCommand(
  environment: Environment = process.env,
  streams: CommandStreams = { out: process.stdout, err: process.stderr },
): Command {
  return backupLikeCommand('restore', 'fill an empty database from a backup')
    .requiredOption('--input <file>', 'a file that `fleetcert backup` wrote')
    .addHelpText('after', DETAILS)
    .action(async ({ input, json }: RestoreCommandOptions) => {
      process.exitCode = await runBackupWork(environment, streams, async (work) => {
        const { config, passphrase, signal, logger, progress, print } = work;
        const startedAt = performance.now();
        // Before any database is opened, or made.
        const reader = await BackupReader.open(resolve(input), passphrase);
        try {
          const database = await openDatabaseServer(config, logger);
          try {
            const restored = await restoreBackup({
              url: database.url,
              reader,
              secretBox: await openSecretBox(config),
              now: new Date(),
              logger,
              signal,
              onProgress: ({ table, rows }) => progress(`${grouped(rows)} rows, ${table}`),
            });
            const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
            const { createdAt, rows } = restored;
            if (json) print(JSON.stringify({ ...restored, seconds }));
            else print(`Restored: ${grouped(total(rows))} rows as of ${createdAt}, in ${seconds} s`);
          } finally {
            await database.close();
          }
        } finally {
          await reader.close();
        }
      });
    });
}
