import { resolve } from 'node:path';

import type { Command } from 'commander';

import { openForBackup } from '../operators/backup/backup-database.js';
import { writeBackup } from '../operators/backup/write-backup.js';
import type { Environment } from '../platform/config/environment.js';
import { openSecretBox } from '../platform/security/open-secret-box.js';
import { backupLikeCommand, grouped, runBackupWork, total, type CommandStreams } from './backup-command.js';

const DETAILS = `
It reads the server's configuration (environment variables and .env) and its database, while servers run or not.
The file is encrypted with FLEETCERT_BACKUP_PASSPHRASE and holds every secret of the fleet: whoever has both can act as it.

Exit codes: 0 done, 1 failed, 64 wrong usage, 69 the database cannot be reached, 78 wrong configuration, 130 interrupted.

Examples:
  $ FLEETCERT_BACKUP_PASSPHRASE=… fleetcert backup --output /backup/fleet.age
  $ fleetcert backup --output fleet-$(date +%F).age --json`;

interface BackupCommandOptions {
  readonly output: string;
  readonly json?: boolean;
}

/** `fleetcert backup`: everything that cannot be made again, in one encrypted file. */
export function backupCommand(
  environment: Environment = process.env,
  streams: CommandStreams = { out: process.stdout, err: process.stderr },
): Command {
  return backupLikeCommand('backup', 'write everything that cannot be made again to one encrypted file')
    .requiredOption('--output <file>', 'the file; one that is there is replaced when the new one is whole')
    .addHelpText('after', DETAILS)
    .action(async ({ output, json }: BackupCommandOptions) => {
      process.exitCode = await runBackupWork(environment, streams, async (work) => {
        const { config, passphrase, signal, logger, progress, print } = work;
        const startedAt = performance.now();
        const database = await openForBackup(config, logger);
        try {
          const written = await writeBackup({
            url: database.url,
            output: resolve(output),
            passphrase,
            secretBox: await openSecretBox(config),
            now: new Date(),
            signal,
            onProgress: ({ table, rows }) => progress(`${grouped(rows)} rows, ${table}`),
          });
          const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
          const { file, size, rows } = written;
          if (json) print(JSON.stringify({ ...written, seconds }));
          else print(`${file}: ${grouped(total(rows))} rows, ${grouped(size)} octets, in ${seconds} s`);
        } finally {
          await database.close();
        }
      });
    });
}
