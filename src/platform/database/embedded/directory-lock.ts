import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { DomainError } from '../../../kernel/errors.js';
import { processIdentity } from './process-identity.js';

/** A takeover takes less than a millisecond; a guard that is older was left by a process killed inside one. */
const GUARD_STALE_MILLISECONDS = 10_000;

interface Holder {
  readonly pid: number;
  readonly identity: string;
}

/** Held by this process until it is released or the process ends. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Makes this process the only one to use `directory`. The lock file names a process and its start time, so that one
 * left behind by a process that was killed is taken over, also when its number has been given to another since.
 *
 * @throws DomainError `conflict` naming the process and the directory when a living process holds it
 */
export function lockDirectory(lockFile: string, directory: string): DirectoryLock {
  const identity = processIdentity(process.pid);
  if (identity === undefined) throw new Error('this process cannot find its own start time');
  const own: Holder = { pid: process.pid, identity };
  const draft = `${lockFile}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    if (!linkExclusive(draft, lockFile)) takeOver(lockFile, draft, directory);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: (): void => {
      const holder = readHolder(lockFile);
      if (holder?.pid === own.pid && holder.identity === own.identity) rmSync(lockFile, { force: true });
    },
  };
}

/** link(2) is the one call that makes a file with its content and fails when the name is taken. */
function linkExclusive(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Two processes may find the same stale lock: the guard lets one of them look and replace at a time. */
function takeOver(lockFile: string, draft: string, directory: string): void {
  const guard = `${lockFile}.takeover`;
  removeStaleGuard(guard);
  if (!linkExclusive(draft, guard)) throw heldBy(readHolder(guard), directory);
  try {
    const holder = readHolder(lockFile);
    if (holder !== undefined && processIdentity(holder.pid) === holder.identity) throw heldBy(holder, directory);
    renameSync(draft, lockFile);
  } finally {
    rmSync(guard, { force: true });
  }
}

function removeStaleGuard(guard: string): void {
  try {
    if (Date.now() - statSync(guard).mtimeMs > GUARD_STALE_MILLISECONDS) rmSync(guard, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function readHolder(lockFile: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(lockFile, 'utf8')) as Partial<Holder>;
    return typeof value.pid === 'number' && typeof value.identity === 'string'
      ? { pid: value.pid, identity: value.identity }
      : undefined;
  } catch {
    // Missing, or cut off by a full disk or a power failure: it names nobody who could hold it.
    return undefined;
  }
}

function heldBy(holder: Holder | undefined, directory: string): DomainError {
  return new DomainError(
    'conflict',
    `the embedded database in ${directory} is in use by the fleetcert process ${holder?.pid ?? 'that is starting now'}: ` +
      'stop that one first, or give this one a data directory of its own (FLEETCERT_DATA_DIR), ' +
      'or share a PostgreSQL between them (DATABASE_URL)',
  );
}
