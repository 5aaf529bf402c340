import { Logger } from '@nestjs/common';

import { DomainError } from '../kernel/errors.js';
import { BackupError, type BackupErrorKind } from '../operators/backup/domain/backup-error.js';
import type { BackupProgress } from '../operators/backup/read-snapshot.js';
import type { AppConfig } from '../platform/config/app-config.js';
import { ConfigurationError, readEnvironment, type Environment } from '../platform/config/environment.js';
import { readConfig } from '../platform/config/read-config.js';
import type { DatabaseLogger } from '../platform/database/database-server.js';
import { isDatabaseUnavailable } from '../platform/database/database-unavailable.js';
import type { Console } from './console.js';
import { CommandError, EXIT } from './exit-codes.js';
import { plainText } from './plain-text.js';

/** EX_DATAERR and EX_CANTCREAT of sysexits.h, beside those that every command has. */
const BAD_FILE = 65;
const OCCUPIED = 73;

const EXIT_OF: Readonly<Record<BackupErrorKind, number>> = {
  'not-a-backup': BAD_FILE,
  damaged: BAD_FILE,
  newer: BAD_FILE,
  passphrase: EXIT.refused,
  'not-empty': OCCUPIED,
  'nothing-there': EXIT.failed,
};

const SHORT_PASSPHRASE = 12;

/** What `backup` and `restore` work with. */
export interface BackupWork {
  readonly config: AppConfig;
  readonly passphrase: string;
  /** Of Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly logger: DatabaseLogger;
  readonly onProgress: (progress: BackupProgress) => void;
}

/** Does the work. @throws CommandError with a sentence that says why it could not be done */
export async function doBackupWork<Result>(
  console: Console,
  work: (tools: BackupWork) => Promise<Result>,
): Promise<Result> {
  const interruption = new AbortController();
  const onSignal = (): void => interruption.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    Logger.overrideLogger(false);
    const environment = readEnvironment(console.environment, process.cwd());
    const passphrase = readPassphrase(environment, console);
    const config = readConfig(environment, process.cwd());
    const logger = { log: (): void => undefined, debug: (): void => undefined, warn: console.note.bind(console) };
    const onProgress = ({ table, rows }: BackupProgress): void =>
      console.progress(`${grouped(rows)} rows, ${plainText(table)}`);
    return await work({ config, passphrase, signal: interruption.signal, logger, onProgress });
  } catch (error) {
    if (interruption.signal.aborted) throw new CommandError('Interrupted; nothing was left behind.', EXIT.interrupted);
    throw new CommandError((error as Error).message, exitCodeOf(error));
  } finally {
    console.endProgress();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Of the environment, and never of the command line, where every process could read it. */
function readPassphrase(environment: Environment, console: Console): string {
  const passphrase = environment['FLEETCERT_BACKUP_PASSPHRASE'];
  if (!passphrase) {
    throw new ConfigurationError([
      'FLEETCERT_BACKUP_PASSPHRASE: needed: what the backup is encrypted with (make one: openssl rand -base64 24)',
    ]);
  }
  if (passphrase.length < SHORT_PASSPHRASE) {
    console.note(
      `FLEETCERT_BACKUP_PASSPHRASE has only ${passphrase.length} characters: whoever gets the file may guess it.`,
    );
  }
  return passphrase;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof BackupError) return EXIT_OF[error.kind];
  if (error instanceof ConfigurationError) return EXIT.configuration;
  if (error instanceof DomainError && error.code === 'conflict') return OCCUPIED;
  const isAway = isDatabaseUnavailable(error) || isDatabaseUnavailable((error as Error).cause);
  return isAway ? EXIT.unavailable : EXIT.failed;
}

/** `1234567` as `1,234,567`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

export function total(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}

/** Since a time of performance.now(), to a tenth. */
export function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 100) / 10;
}
