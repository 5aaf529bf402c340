import { execFileSync } from 'node:child_process';
import { describe } from 'vitest';

/** Debian keeps the PostgreSQL server's programs off the PATH. */
const SEARCH_PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/lib/postgresql/15/bin`;

/** Where a program is, or undefined. */
export function findProgram(name: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v -- "$1"`, 'sh', name], {
      env: { PATH: SEARCH_PATH },
      encoding: 'utf8',
    }).trim();
  } catch {
    return undefined;
  }
}

/** The program's path; throws when it is missing. For use inside `describeWithPeers`. */
export function program(name: string): string {
  const path = findProgram(name);
  if (!path) throw new Error(`${name} is not installed`);
  return path;
}

/**
 * Tests that need programs of other projects (peers): skipped with the reason where one is missing, unless
 * FLEETCERT_REQUIRE_PEERS=1 says that a missing one is a failure.
 */
export function describeWithPeers(peers: readonly string[], title: string, body: () => void): void {
  const missing = peers.filter((peer) => findProgram(peer) === undefined);
  if (missing.length > 0 && process.env['FLEETCERT_REQUIRE_PEERS'] !== '1') {
    describe.skipIf(true)(`${title} (skipped: ${missing.join(', ')} not installed)`, body);
    return;
  }
  describe(title, body);
}
