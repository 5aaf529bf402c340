import { join } from 'node:path';
import { Logger } from '@nestjs/common';

import type { AppConfig } from '../config/app-config.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { databaseLocation, waitForPostgres } from './wait-for-postgres.js';

/** The PostgreSQL that this process uses: one of its own, or one that it was told of. */
export interface DatabaseServer {
  /** `postgres://…`; holds the password. */
  readonly url: string;
  /** Stops an embedded server, once nothing uses it any more; another one is left alone. */
  close(): Promise<void>;
}

/** Nest's Logger, or one that speaks before there is an application. */
export interface DatabaseLogger {
  log(message: string): void;
  warn(message: string): void;
  debug(message: string): void;
}

/** Injection token of the DatabaseServer. */
export const DATABASE_SERVER = Symbol('DATABASE_SERVER');

/**
 * Starts the embedded PostgreSQL, or waits for the configured one, and checks its version.
 *
 * @throws DomainError `conflict` when another fleetcert has the embedded database open
 * @throws Error with a sentence saying what to do for all else
 */
export async function openDatabaseServer(
  config: Pick<AppConfig, 'database' | 'dataDirectory'>,
  logger: DatabaseLogger = new Logger('Database'),
): Promise<DatabaseServer> {
  const { url } = config.database;
  if (url !== undefined) {
    const version = await waitForPostgres(url, { logger });
    logger.log(`PostgreSQL ${version} at ${databaseLocation(url)}`);
    return { url, close: () => Promise.resolve() };
  }
  const server = await EmbeddedPostgres.start({ dataDirectory: config.dataDirectory, logger });
  const socketUrl = server.socketUrlOf();
  try {
    const version = await waitForPostgres(socketUrl, { logger });
    logger.log(`embedded PostgreSQL ${version} in ${join(config.dataDirectory, 'postgres')}`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: socketUrl, close: () => server.stop() };
}
