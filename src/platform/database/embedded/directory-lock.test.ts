import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DomainError } from '../../../kernel/errors.js';
import { lockDirectory } from './directory-lock.js';
import { processIdentity } from './process-identity.js';

let directory: string;
let lockFile: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fleetcert-lock-'));
  lockFile = join(directory, 'lock');
});

afterEach(() => rmSync(directory, { recursive: true }));

const deadPid = (): number => spawnSync('/bin/true').pid;

describe('lockDirectory', () => {
  it('refuses a directory that a living process holds, and names both', () => {
    const lock = lockDirectory(lockFile, directory);
    expect(() => lockDirectory(lockFile, directory)).toThrow(DomainError);
    expect(() => lockDirectory(lockFile, directory)).toThrow(
      `the embedded database in ${directory} is in use by the fleetcert process ${process.pid}`,
    );
    lock.release();
  });

  it('leaves nothing behind after a release', () => {
    lockDirectory(lockFile, directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['of a process that has ended', () => ({ pid: deadPid(), identity: 'boot/1' })],
    ['of a process whose number another one has got since', () => ({ pid: process.pid, identity: 'boot/1' })],
    ['that was cut off while it was written', () => ({ pid: 1 })],
  ])('takes over the lock %s', (_title, holder) => {
    writeFileSync(lockFile, JSON.stringify(holder()));
    const lock = lockDirectory(lockFile, directory);
    expect(JSON.parse(readFileSync(lockFile, 'utf8'))).toEqual({
      pid: process.pid,
      identity: processIdentity(process.pid),
    });
    lock.release();
    expect(existsSync(lockFile)).toBe(false);
  });

  it('gives way to another process that is taking over the same stale lock', () => {
    writeFileSync(lockFile, JSON.stringify({ pid: deadPid(), identity: 'boot/1' }));
    writeFileSync(`${lockFile}.takeover`, JSON.stringify({ pid: 4711, identity: 'boot/2' }));
    expect(() => lockDirectory(lockFile, directory)).toThrow('in use by the fleetcert process 4711');
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(`${lockFile}.takeover`, longAgo, longAgo);
    lockDirectory(lockFile, directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('does not remove a lock that is no longer its own', () => {
    const lock = lockDirectory(lockFile, directory);
    const other = JSON.stringify({ pid: 4711, identity: 'boot/2' });
    writeFileSync(lockFile, other);
    lock.release();
    expect(readFileSync(lockFile, 'utf8')).toBe(other);
  });
});

describe('processIdentity', () => {
  it('is the same for the life of a process and undefined after it', () => {
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
    expect(processIdentity(deadPid())).toBeUndefined();
  });
});
