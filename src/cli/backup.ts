import type { Command } from 'commander';

import { Console } from './console.js';
import { fleetCommand } from './fleet-command.js';
import type { BackupCommandOptions } from './run-backup.js';

const DETAILS = `
It reads the server's configuration (environment variables and .env) and its database, while servers run or not. The
file is encrypted with FLEETCERT_BACKUP_PASSPHRASE and holds every secret of the fleet: whoever has both can act as it.

Exit codes: 0 done, 1 failed, 64 wrong usage, 69 the database cannot be reached, 78 wrong configuration, 130 interrupted.`;

/** `fleetcert backup`: everything that cannot be made again, in one encrypted file. */
export function backupCommand(console = new Console()): Command {
  return fleetCommand('backup', 'write everything that cannot be made again to one encrypted file', [
    'FLEETCERT_BACKUP_PASSPHRASE=… fleetcert backup --output /backup/fleet.age',
    'fleetcert backup --output fleet-$(date +%F).age --json',
  ])
    .requiredOption('--output <file>', 'the file; one that is there is replaced when the new one is whole')
    .option('--json', 'print what was done as JSON')
    .addHelpText('after', DETAILS)
    .action(async (options: BackupCommandOptions) => {
      // The database and the encryption: the other commands start sooner without them.
      const { runBackup } = await import('./run-backup.js');
      await runBackup(options, console);
    });
}
