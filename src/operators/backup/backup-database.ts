import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DomainError } from '../../kernel/errors.js';
import type { AppConfig } from '../../platform/config/app-config.js';
import {
  openDatabaseServer,
  type DatabaseLogger,
  type DatabaseServer,
} from '../../platform/database/database-server.js';
import { EMBEDDED_ROLE, readClusterPassword } from '../../platform/database/embedded/initialise-cluster.js';
import { isPostgresOf, readPostmasterFile } from '../../platform/database/embedded/postmaster-file.js';
import { BackupError } from './domain/backup-error.js';

/** A server that starts or stops just now is waited for so long. */
const PATIENCE_SECONDS = 20;
const RETRY_MILLISECONDS = 250;

/**
 * The database to make a backup of: the configured one; or the embedded one, which is started, or, while a server has it
 * open, shared with that.
 * @throws BackupError `nothing-there` when there is no embedded database yet
 * @throws Error with a sentence saying what is wrong when it cannot be reached
 */
export async function openForBackup(
  config: Pick<AppConfig, 'database' | 'dataDirectory'>,
  logger: DatabaseLogger,
): Promise<DatabaseServer> {
  if (config.database.url !== undefined) return openDatabaseServer(config, logger);
  const clusterDirectory = join(config.dataDirectory, 'postgres');
  await refuseMissing(clusterDirectory);
  for (let waited = 0; ; waited += RETRY_MILLISECONDS) {
    try {
      return await openDatabaseServer(config, logger);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'conflict') throw error;
      const url = await runningUrl(clusterDirectory);
      if (url !== undefined) return { url, close: () => Promise.resolve() };
      if (waited > PATIENCE_SECONDS * 1000) throw error;
    }
    await sleep(RETRY_MILLISECONDS);
  }
}

/** Of the PostgreSQL that another process of ours runs; undefined while it does not take connections. */
async function runningUrl(clusterDirectory: string): Promise<string | undefined> {
  const file = readPostmasterFile(clusterDirectory);
  if (file?.status !== 'ready' || !isPostgresOf(file.pid, clusterDirectory)) return undefined;
  const password = await readClusterPassword(clusterDirectory);
  return `postgres://${EMBEDDED_ROLE}:${password}@127.0.0.1:${file.port}/${EMBEDDED_ROLE}`;
}

async function refuseMissing(clusterDirectory: string): Promise<void> {
  try {
    await access(clusterDirectory);
  } catch (cause) {
    throw new BackupError(
      'nothing-there',
      `There is nothing to back up: ${clusterDirectory} does not exist (see DATABASE_URL and FLEETCERT_DATA_DIR).`,
      { cause },
    );
  }
}
