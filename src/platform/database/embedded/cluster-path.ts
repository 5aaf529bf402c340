import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { OsAccount } from './os-account.js';
import { PROGRAM_ENVIRONMENT } from './postgres-programs.js';

/** The working directory of a Linux process under a name that leads there whatever the parents' modes are. */
const OWN_WORKING_DIRECTORY = '/proc/self/cwd';

/**
 * The name by which a program that runs as `account`, and is started in `directory`, reaches that directory. It is the
 * directory's own, but for one below a directory that is closed to the account (a checkout in `/root`): the working
 * directory is set while the process is still root, and PostgreSQL never leaves it.
 *
 * @throws Error with a sentence saying what to do when there is no such name
 */
export async function pathFor(account: OsAccount | undefined, directory: string): Promise<string> {
  if (!account) return directory;
  for (const path of [directory, OWN_WORKING_DIRECTORY]) {
    if (await canWorkIn(path, account, directory)) return path;
  }
  throw new Error(
    `${account.name}, whom the embedded database runs as, cannot get into ${directory}: ` +
      'give fleetcert a data directory that others may pass through to (FLEETCERT_DATA_DIR=/var/lib/fleetcert)',
  );
}

async function canWorkIn(path: string, account: OsAccount, cwd: string): Promise<boolean> {
  try {
    await promisify(execFile)('/bin/sh', ['-c', 'cd -- "$1" && test -r . && test -w .', 'sh', path], {
      cwd,
      uid: account.uid,
      gid: account.gid,
      env: { ...PROGRAM_ENVIRONMENT },
    });
    return true;
  } catch {
    return false;
  }
}
