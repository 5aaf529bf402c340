import { describe, expect, it } from 'vitest';

import { batchLine, endLine, FORMAT_VERSION, headerLine, readHeader, readMark } from './backup-format.js';
import { isSealedColumn, KEPT_TABLES, REBUILT_TABLES, SEEDED_TABLES } from './backup-tables.js';

const HEADER = {
  createdAt: '2026-03-01T12:00:00.000Z',
  release: 'fleetcert/0.1.0',
  migrations: ['One1'],
  tables: [{ name: 'a', columns: ['x', 'y_sealed'], sealed: ['y_sealed'] }],
};

describe('the lines of a backup', () => {
  it('are read as they were written', () => {
    expect(readHeader(headerLine(HEADER))).toEqual({ version: FORMAT_VERSION, ...HEADER });
    expect(readMark(batchLine({ table: 'a', rows: 3 }))).toEqual({ batch: { table: 'a', rows: 3 } });
    const end = { rows: { a: 3 }, sequences: { a_id_seq: '9007199254740993' } };
    expect(readMark(endLine(end))).toEqual({ end });
  });

  it('of a later format are refused, naming the release that made them', () => {
    const line = headerLine(HEADER).replace(`"version":${FORMAT_VERSION}`, `"version":${FORMAT_VERSION + 1}`);
    expect(() => readHeader(line)).toThrow(expect.objectContaining({ kind: 'newer' }));
    expect(() => readHeader(line)).toThrow('fleetcert/0.1.0');
  });

  it.each(['', '{}', '[]', 'null', '{"format":"other"}', 'text'])('that are others are no header: %s', (line) => {
    expect(() => readHeader(line)).toThrow(expect.objectContaining({ kind: 'not-a-backup' }));
  });

  it.each(['migrations', 'tables', 'createdAt', 'release'])('without %s are damaged', (field) => {
    const line = headerLine({ ...HEADER, [field]: 7 });
    expect(() => readHeader(line)).toThrow(expect.objectContaining({ kind: 'damaged' }));
  });

  it.each(['', '[]', '{"table":"a"}', '{"end":true}', '{"end":true,"rows":[],"sequences":{}}'])(
    'that are neither a batch nor the end are damaged: %s',
    (line) => {
      expect(() => readMark(line)).toThrow(expect.objectContaining({ kind: 'damaged' }));
    },
  );
});

describe('the lists of tables', () => {
  it('name none twice', () => {
    expect(Object.keys(REBUILT_TABLES).filter((table) => KEPT_TABLES.has(table))).toEqual([]);
    expect([...SEEDED_TABLES].filter((table) => !KEPT_TABLES.has(table))).toEqual([]);
  });
});

describe('isSealedColumn', () => {
  it.each([
    ['key_sealed', true],
    ['sealed_secret', true],
    ['sealed', true],
    ['next_key_sealed', true],
    ['key_hash', false],
    ['unsealed', false],
  ])('%s: %s', (column, is) => {
    expect(isSealedColumn(column)).toBe(is);
  });
});
