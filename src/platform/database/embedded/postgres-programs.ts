import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';

import type { OsAccount } from './os-account.js';

/** Where a PostgreSQL's server programs are, and which they are. */
export interface PostgresPrograms {
  /** Holds `postgres` and `initdb`. */
  readonly directory: string;
  readonly majorVersion: number;
}

/**
 * The environment of PostgreSQL's programs: none of ours. PGDATA or PGPORT set for a client would change what they do.
 */
export const PROGRAM_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * Runs `postgres --version` as `account`, which proves that the account reaches the program and all its libraries.
 *
 * @throws Error with the program's own words, or the system's, when it does not run
 */
export async function probePrograms(directory: string, account: OsAccount | undefined): Promise<PostgresPrograms> {
  const { stdout } = await promisify(execFile)(join(directory, 'postgres'), ['--version'], {
    env: { ...PROGRAM_ENVIRONMENT },
    cwd: '/',
    timeout: 30_000,
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const majorVersion = Number.parseInt(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? '', 10);
  if (!Number.isInteger(majorVersion)) throw new Error(`unexpected answer of postgres --version: ${stdout.trim()}`);
  return { directory, majorVersion };
}
