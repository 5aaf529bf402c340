import { Logger } from '@nestjs/common';
import { Command } from 'commander';

import { DomainError } from '../kernel/errors.js';
import { BackupError, type BackupErrorKind } from '../operators/backup/domain/backup-error.js';
import type { AppConfig } from '../platform/config/app-config.js';
import {
  ConfigurationError,
  EXIT_CONFIGURATION,
  readEnvironment,
  type Environment,
} from '../platform/config/environment.js';
import { readConfig } from '../platform/config/read-config.js';
import type { DatabaseLogger } from '../platform/database/database-server.js';
import { isDatabaseUnavailable } from '../platform/database/database-unavailable.js';

/** Exit codes of `backup` and `restore`, as sysexits.h has them. */
export const BACKUP_EXIT = {
  done: 0,
  failed: 1,
  usage: 64,
  badFile: 65,
  unavailable: 69,
  occupied: 73,
  passphrase: 77,
  configuration: EXIT_CONFIGURATION,
  interrupted: 130,
} as const;

const EXIT_OF: Readonly<Record<BackupErrorKind, number>> = {
  'not-a-backup': BACKUP_EXIT.badFile,
  damaged: BACKUP_EXIT.badFile,
  newer: BACKUP_EXIT.badFile,
  passphrase: BACKUP_EXIT.passphrase,
  'not-empty': BACKUP_EXIT.occupied,
  'nothing-there': BACKUP_EXIT.failed,
};

const SHORT_PASSPHRASE = 12;

/** Where a command speaks: data to standard output, all else to standard error. */
export interface CommandStreams {
  readonly out: { write(text: string): unknown };
  readonly err: { readonly isTTY?: boolean | undefined; write(text: string): unknown };
}

/** What `backup` and `restore` work with. */
export interface BackupWork {
  readonly config: AppConfig;
  readonly passphrase: string;
  readonly signal: AbortSignal;
  readonly logger: DatabaseLogger;
  /** Shows a line that is written over by the next one; on a terminal only. */
  readonly progress: (text: string) => void;
  /** A line on standard output. */
  readonly print: (text: string) => void;
}

/** A command that is called wrongly ends with 64, and its help with 0. */
export function backupLikeCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print what was done as JSON')
    .allowExcessArguments(false)
    .showHelpAfterError('(--help tells more)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? BACKUP_EXIT.done : BACKUP_EXIT.usage));
}

/** Does the work, and says in a sentence why it could not be done. Ctrl-C leaves nothing behind. @returns the exit code */
export async function runBackupWork(
  environment: Environment,
  streams: CommandStreams,
  work: (tools: BackupWork) => Promise<void>,
): Promise<number> {
  const interruption = new AbortController();
  const onSignal = (): void => interruption.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const showsProgress = streams.err.isTTY === true;
  const progress = (text: string): void => void (showsProgress && streams.err.write(`\r\u001b[2K${text}`));
  const note = (text: string): void => {
    progress('');
    streams.err.write(`${text}\n`);
  };
  try {
    Logger.overrideLogger(false);
    const all = readEnvironment(environment, process.cwd());
    const passphrase = readPassphrase(all, note);
    const config = readConfig(all, process.cwd());
    const logger = { log: (): void => undefined, debug: (): void => undefined, warn: note };
    const print = (text: string): void => {
      progress('');
      streams.out.write(`${text}\n`);
    };
    await work({ config, passphrase, signal: interruption.signal, logger, progress, print });
    return BACKUP_EXIT.done;
  } catch (error) {
    if (interruption.signal.aborted) {
      note('Interrupted; nothing was left behind.');
      return BACKUP_EXIT.interrupted;
    }
    note((error as Error).message);
    return exitCodeOf(error);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Of the environment, and never of the command line, where every process could read it. */
function readPassphrase(environment: Environment, note: (text: string) => void): string {
  const passphrase = environment['FLEETCERT_BACKUP_PASSPHRASE'];
  if (!passphrase) {
    throw new ConfigurationError([
      'FLEETCERT_BACKUP_PASSPHRASE: needed: what the backup is encrypted with (make one: openssl rand -base64 24)',
    ]);
  }
  if (passphrase.length < SHORT_PASSPHRASE) {
    note(`FLEETCERT_BACKUP_PASSPHRASE has only ${passphrase.length} characters: whoever gets the file may guess it.`);
  }
  return passphrase;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof BackupError) return EXIT_OF[error.kind];
  if (error instanceof ConfigurationError) return BACKUP_EXIT.configuration;
  if (error instanceof DomainError && error.code === 'conflict') return BACKUP_EXIT.occupied;
  return isDatabaseUnavailable(error) || isDatabaseUnavailable((error as Error).cause)
    ? BACKUP_EXIT.unavailable
    : BACKUP_EXIT.failed;
}

/** `1234567` as `1,234,567`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

export function total(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}
