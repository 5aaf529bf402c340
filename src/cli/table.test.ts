import { describe, expect, it } from 'vitest';

import { Console, type Output } from './console.js';
import { facts, table } from './table.js';

const output = (isTTY: boolean, columns?: number): Output => ({
  isTTY,
  columns,
  write: () => true,
  once: () => undefined,
});
const consoleOf = (isTTY: boolean, columns?: number): Console =>
  new Console({ NO_COLOR: '1' }, output(isTTY, columns), output(isTTY, columns));

const HEAD = ['Name', 'n', 'Reason'];
const ROWS = [
  ['a', '1', 'it waits for the limit of certificates of a registered domain'],
  ['long.example', '1,000', 'short'],
];

describe('table', () => {
  it('aligns its columns, numbers to the right, without trailing blanks', () => {
    expect(table(consoleOf(false), HEAD, ROWS, [1]).split('\n')).toEqual([
      'Name              n  Reason',
      'a                 1  it waits for the limit of certificates of a registered domain',
      'long.example  1,000  short',
    ]);
  });

  it('wraps the last column within itself where the terminal is too narrow', () => {
    const lines = table(consoleOf(true, 50), HEAD, ROWS, [1]).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50);
    expect(lines.map((line) => line.slice(21).trim()).join(' ')).toContain('certificates of a registered domain');
    expect(lines[2]).toMatch(/^ {21}\S/);
  });

  it('leaves it as it is where there is room', () => {
    expect(table(consoleOf(true, 200), HEAD, ROWS).split('\n')).toHaveLength(3);
  });
});

describe('facts', () => {
  it('puts names and values below each other', () => {
    const text = facts(consoleOf(false), [
      ['Name', 'a.example'],
      ['Id', '1'],
    ]);
    expect(text).toBe('Name  a.example\nId    1');
  });
});
