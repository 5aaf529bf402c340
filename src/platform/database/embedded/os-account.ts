import { readFileSync, statSync } from 'node:fs';

/** A user of the operating system that PostgreSQL's programs run as. */
export interface OsAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The most specific first: PostgreSQL refuses to run as root, so root lends it one of these. */
const PREFERRED_NAMES = ['fleetcert', 'postgres', 'nobody'];

/**
 * The account that the cluster in `clusterDirectory` runs as, or undefined when that is this process' own. Only root
 * can choose: the owner of a cluster that exists, else an existing unprivileged account (initdb wants one that the
 * system knows by name).
 *
 * @throws Error with a sentence saying what to do when the cluster belongs to somebody else
 */
export function chooseAccount(clusterDirectory: string): OsAccount | undefined {
  const uid = process.geteuid?.();
  const owner = ownerOf(clusterDirectory);
  if (uid !== 0) {
    if (owner !== undefined && uid !== undefined && owner.uid !== uid) {
      throw new Error(
        `the embedded database in ${clusterDirectory} belongs to ${owner.name}: start as root or as ${owner.name}, ` +
          `or change its owner with "chown -R ${uid} ${clusterDirectory}"`,
      );
    }
    return undefined;
  }
  if (owner !== undefined) {
    if (owner.uid !== 0) return owner;
    const heir = existingAccount();
    throw new Error(
      `the embedded database in ${clusterDirectory} belongs to root, and PostgreSQL refuses to run as root: ` +
        `change its owner with "chown -R ${heir.uid}:${heir.gid} ${clusterDirectory}"`,
    );
  }
  return existingAccount();
}

function existingAccount(): OsAccount {
  const accounts = readAccounts();
  for (const name of PREFERRED_NAMES) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account) return account;
  }
  throw new Error(
    'PostgreSQL refuses to run as root and this system has no account to run it as: ' +
      `add one called ${PREFERRED_NAMES.join(' or ')}, start as another user, or set DATABASE_URL`,
  );
}

function ownerOf(directory: string): OsAccount | undefined {
  const status = statSync(directory, { throwIfNoEntry: false });
  if (!status) return undefined;
  const name = readAccounts().find((account) => account.uid === status.uid)?.name ?? String(status.uid);
  return { name, uid: status.uid, gid: status.gid };
}

function readAccounts(): OsAccount[] {
  let text: string;
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
