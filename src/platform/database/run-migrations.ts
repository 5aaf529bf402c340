import { Logger } from '@nestjs/common';

import type { AppConfig } from '../config/app-config.js';
import { openDatabaseServer } from './database-server.js';
import { migrateDatabase } from './migrate-database.js';

/**
 * `fleetcert migrate`: brings the configured database's schema to this release and closes it again.
 *
 * @returns the names of the migrations that were run now, oldest first
 * @throws DomainError `conflict` when a running server has the embedded database open (it has migrated it then)
 */
export async function runMigrations(config: Pick<AppConfig, 'database' | 'dataDirectory'>): Promise<string[]> {
  const server = await openDatabaseServer(config);
  try {
    return await migrateDatabase(server.url, new Logger('Database'));
  } finally {
    await server.close();
  }
}
