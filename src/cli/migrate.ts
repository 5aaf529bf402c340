import { Logger } from '@nestjs/common';
import type { Command } from 'commander';

import { ConfigurationError, EXIT_CONFIGURATION, readEnvironment } from '../platform/config/environment.js';
import { readConfig } from '../platform/config/read-config.js';
import { runMigrations } from '../platform/database/run-migrations.js';
import { fleetCommand } from './fleet-command.js';

/** `fleetcert migrate`: brings the schema of the configured database up to date, as the server does when it starts. */
export function migrateCommand(): Command {
  return fleetCommand('migrate', "bring the database's schema up to date (the server does it too when it starts)", [
    'fleetcert migrate',
    'fleetcert migrate --json',
  ])
    .option('--json', 'print what was done as JSON')
    .action(async (options: { json?: boolean }) => {
      try {
        Logger.overrideLogger(false);
        const done = await runMigrations(readConfig(readEnvironment(process.env, process.cwd()), process.cwd()));
        if (options.json) console.log(JSON.stringify({ migrations: done }));
        else console.log(done.length === 0 ? 'The schema is up to date.' : `Done: ${done.join(', ')}`);
      } catch (error) {
        process.stderr.write(`${(error as Error).message}\n`);
        process.exitCode = error instanceof ConfigurationError ? EXIT_CONFIGURATION : 1;
      }
    });
}
