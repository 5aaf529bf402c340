import { describe, expect, it } from 'vitest';

import { csvBatch, csvHead } from './csv-batch.js';
import type { CsvColumns } from './export-format.js';

const COLUMN: CsvColumns<unknown> = [['value', (item) => item]];

describe('csvBatch', () => {
  it('has a line for the headings, ended as RFC 4180 wants it', () => {
    expect(csvHead([...COLUMN, ['other', () => 1]])).toBe('value,other\r\n');
  });

  it.each<[string, unknown, string]>([
    ['nothing for null', null, ''],
    ['nothing for what is not there', undefined, ''],
    ['a time as ISO 8601', new Date('2026-11-21T00:00:00Z'), '2026-11-21T00:00:00.000Z'],
    ['a list with spaces', ['10.0.0.1', 'fd00::1'], '10.0.0.1 fd00::1'],
    ['a switch', false, 'false'],
    ['an object as JSON', { a: 1 }, '"{""a"":1}"'],
    ['quotes doubled', 'say "x", y', '"say ""x"", y"'],
    ['lines kept', 'a\nb', '"a\nb"'],
    ['a lone CR kept', 'a\rb', '"a\rb"'],
    ['a formula as text', '=1+1', "'=1+1"],
    ['a sum as text', '+1', "'+1"],
    ['a command as text', '-cmd', "'-cmd"],
    ['a function as text', '@SUM(1)', "'@SUM(1)"],
    ['a list that begins like a formula as text', ['=1', 'x'], "'=1 x"],
  ])('writes %s', (_title, value, cell) => {
    expect(csvBatch([value], COLUMN)).toBe(`${cell}\r\n`);
  });

  it('is empty for no items', () => {
    expect(csvBatch([], COLUMN)).toBe('');
  });
});
