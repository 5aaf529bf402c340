import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isPostgresOf, readPostmasterFile } from './postmaster-file.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fleetcert-pidfile-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('readPostmasterFile', () => {
  it.each([
    [
      'of a running server',
      '4711\n/data\n1795211680\n25432\n\n127.0.0.1\n 16039952 4\nready   \n',
      { pid: 4711, port: 25_432, status: 'ready' },
    ],
    ['of one that has just begun', '4711\n/data\n1795211680\n25432\n\n', { pid: 4711, port: 25_432, status: '' }],
    ['of a standalone backend', '-4711\n/data\n', { pid: 4711, port: 0, status: '' }],
    ['that is empty', '', undefined],
    ['of process 1 or 0', '1\n', undefined],
  ])('reads the file %s', (_title, content, expected) => {
    writeFileSync(join(directory, 'postmaster.pid'), content);
    expect(readPostmasterFile(directory)).toEqual(expected);
  });

  it('is undefined without a file', () => {
    expect(readPostmasterFile(directory)).toBeUndefined();
  });
});

describe('isPostgresOf', () => {
  it('is false for a living process that is no PostgreSQL', () => {
    expect(isPostgresOf(process.pid, process.cwd())).toBe(false);
  });

  it('is false for a process that does not live', () => {
    expect(isPostgresOf(2 ** 22 + 1, directory)).toBe(false);
  });
});
