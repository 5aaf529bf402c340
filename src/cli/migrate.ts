import { Command } from 'commander';

import { ConfigurationError, EXIT_CONFIGURATION, readEnvironment } from '../platform/config/environment.js';
import { readConfig } from '../platform/config/read-config.js';
import { migrateDatabase } from '../platform/database/migrate-database.js';

/** `fleetcert migrate`: brings the schema of DATABASE_URL up to date, as the server also does when it starts. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description("bring the database's schema up to date (the server does it too when it starts)")
    .option('--json', 'print what was done as JSON')
    .action(async (options: { json?: boolean }) => {
      try {
        const config = readConfig(readEnvironment(process.env, process.cwd()), process.cwd());
        if (!config.database.url) {
          throw new ConfigurationError([
            'DATABASE_URL: needed here; the embedded database is migrated by the server that runs it',
          ]);
        }
        const quiet = { log: () => undefined, warn: (message: string) => process.stderr.write(`${message}\n`) };
        const done = await migrateDatabase(config.database.url, quiet);
        if (options.json) console.log(JSON.stringify({ migrations: done }));
        else console.log(done.length === 0 ? 'The schema is up to date.' : `Done: ${done.join(', ')}`);
      } catch (error) {
        process.stderr.write(`${(error as Error).message}\n`);
        process.exitCode = error instanceof ConfigurationError ? EXIT_CONFIGURATION : 1;
      }
    });
}
