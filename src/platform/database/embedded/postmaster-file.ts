import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What PostgreSQL writes into `postmaster.pid` while it runs (src/include/utils/pidfile.h). */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready`, `standby` or `stopping`; empty early in a start. */
  readonly status: string;
}

/** The content of the cluster's `postmaster.pid`; undefined when there is none, or nothing in it yet. */
export function readPostmasterFile(clusterDirectory: string): PostmasterFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(clusterDirectory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  // A standalone backend (initdb, --single) writes its number negated.
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10));
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  return { pid, port: Number.parseInt(lines[3] ?? '', 10) || 0, status: (lines[7] ?? '').trim() };
}

/**
 * Is the process really a PostgreSQL server that works in this directory? Process numbers are given out again, so the
 * file alone proves nothing. A server's working directory is its cluster.
 */
export function isPostgresOf(pid: number, clusterDirectory: string): boolean {
  try {
    if (process.platform !== 'linux') return commandOf(pid).includes(clusterDirectory);
    if (!basename(readlinkSync(`/proc/${pid}/exe`)).startsWith('postgres')) return false;
    const [theirs, ours] = [statSync(`/proc/${pid}/cwd`), statSync(clusterDirectory)];
    return theirs.ino === ours.ino && theirs.dev === ours.dev;
  } catch {
    // Gone, or of a user whose processes we may not look into: then it is not ours either.
    return false;
  }
}

function commandOf(pid: number): string {
  const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C' };
  return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8', env });
}
