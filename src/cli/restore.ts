import type { Command } from 'commander';

import { Console } from './console.js';
import { fleetCommand } from './fleet-command.js';
import type { RestoreCommandOptions } from './run-restore.js';

const DETAILS = `
It fills the database of the server's configuration (environment variables and .env), which has to be empty, in one
transaction: all of it is there afterwards, or nothing. Secrets are sealed with the FLEETCERT_SECRET_KEY of the new
place, which may be another one. Start the server afterwards.

Exit codes: 0 done, 1 failed, 64 wrong usage, 65 the file cannot be used (damaged, cut off, of a later release),
69 the database cannot be reached, 73 the database is not empty or in use, 77 wrong passphrase, 78 wrong configuration,
130 interrupted.`;

/** `fleetcert restore`: an empty database becomes what the backup was made of. */
export function restoreCommand(console = new Console()): Command {
  return fleetCommand('restore', 'fill an empty database from a backup', [
    'FLEETCERT_BACKUP_PASSPHRASE=… DATABASE_URL=postgres://…/new fleetcert restore --input /backup/fleet.age',
  ])
    .requiredOption('--input <file>', 'a file that `fleetcert backup` wrote')
    .option('--json', 'print what was done as JSON')
    .addHelpText('after', DETAILS)
    .action(async (options: RestoreCommandOptions) => {
      const { runRestore } = await import('./run-restore.js');
      await runRestore(options, console);
    });
}
