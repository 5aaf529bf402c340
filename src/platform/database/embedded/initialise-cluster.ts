import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { pathFor } from './cluster-path.js';
import type { OsAccount } from './os-account.js';
import { PROGRAM_ENVIRONMENT, type PostgresPrograms } from './postgres-programs.js';

/** The cluster's only role, and the name of the database made for us. */
export const EMBEDDED_ROLE = 'fleetcert';

/** Inside the cluster, so that a cluster and its password are moved and kept together; mode 0600. */
const PASSWORD_FILE = 'fleetcert.password';

/** PostgreSQL 17 brought a C.UTF-8 of its own, which does not depend on what the system has installed. */
const FIRST_WITH_BUILTIN_LOCALE = 17;

/**
 * Makes a new cluster in `clusterDirectory`, which must not exist: UTF-8, C.UTF-8 order, one role with a random
 * password, and no connection without it. It appears whole or not at all.
 *
 * @throws Error with initdb's own words when that fails
 */
export async function initialiseCluster(
  programs: PostgresPrograms,
  clusterDirectory: string,
  account: OsAccount | undefined,
): Promise<void> {
  const draft = `${clusterDirectory}.initialising`;
  await rm(draft, { recursive: true, force: true });
  const cluster = join(draft, 'cluster');
  const password = join(draft, 'password');
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (account) for (const path of [draft, cluster, password]) await chown(path, account.uid, account.gid);

  const path = await pathFor(account, cluster);
  try {
    await promisify(execFile)(join(programs.directory, 'initdb'), initdbArguments(programs, path), {
      cwd: cluster,
      env: { ...PROGRAM_ENVIRONMENT },
      ...(account && { uid: account.uid, gid: account.gid }),
    });
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new Error(`initdb could not make the embedded database: ${(stderr || stdout || String(error)).trim()}`, {
      cause: error,
    });
  }
  await rename(password, join(cluster, PASSWORD_FILE));
  await rename(cluster, clusterDirectory);
  await syncDirectory(dirname(clusterDirectory));
  await rm(draft, { recursive: true, force: true });
}

function initdbArguments(programs: PostgresPrograms, path: string): string[] {
  const locale =
    programs.majorVersion >= FIRST_WITH_BUILTIN_LOCALE
      ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C.UTF-8', '--lc-messages=C'];
  return [
    `--pgdata=${path}`,
    `--username=${EMBEDDED_ROLE}`,
    `--pwfile=${path}/../password`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    ...locale,
  ];
}

/** The password of the cluster's role. */
export async function readClusterPassword(clusterDirectory: string): Promise<string> {
  const file = join(clusterDirectory, PASSWORD_FILE);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(
      `the embedded database in ${clusterDirectory} cannot be opened without ${file}: restore it from a backup`,
      { cause: error },
    );
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
