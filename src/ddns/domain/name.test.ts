import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { childOf, isAtOrBelow, mustWireName, parentOf, presentName, wireName } from './name.js';

const lower = (octet: number): number => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet);

describe('names', () => {
  it.each([
    ['www.fleet.test', '\x03www\x05fleet\x04test\0'],
    ['WWW.Fleet.TEST.', '\x03www\x05fleet\x04test\0'],
    ['.', '\0'],
    ['a\\.b.test', '\x03a.b\x04test\0'],
    ['a\\046b.test', '\x03a.b\x04test\0'],
    ['\\000\\255.test', '\x02\x00\xff\x04test\0'],
    ['*.test', '\x01*\x04test\0'],
  ])('reads %s', (text, wire) => {
    expect(wireName(text)).toBe(wire);
  });

  it.each([
    ['an empty text', ''],
    ['an empty label', 'a..b'],
    ['a leading dot', '.a'],
    ['a label of 64 octets', `${'a'.repeat(64)}.test`],
    ['a name of 256 octets', `${'a.'.repeat(127)}b`],
    ['a number over 255', '\\256.test'],
    ['an escape without anything', 'test\\'],
    ['a space', 'a b.test'],
    ['a letter outside ASCII', 'ä.test'],
  ])('refuses %s', (_what, text) => {
    expect(wireName(text)).toBeUndefined();
  });

  it('reads a name of 255 octets', () => {
    expect(wireName(`${'a.'.repeat(126)}b`)).toHaveLength(255);
  });

  it('writes a dot inside a label as \\046, so that a dot always separates labels', () => {
    expect(presentName('\x03a.b\x04test\0')).toBe('a\\046b.test');
  });

  it('keeps letters outside ASCII apart in comparison', () => {
    expect(mustWireName('\\196.test')).not.toBe(mustWireName('\\228.test'));
  });

  it('reads back whatever it writes', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
        const wire = labels.map((octets) => String.fromCharCode(octets.length, ...octets.map(lower))).join('') + '\0';
        expect(wireName(presentName(wire))).toBe(wire);
      }),
    );
  });

  it.each([
    ['a.fleet.test', 'fleet.test', true],
    ['fleet.test', 'fleet.test', true],
    ['afleet.test', 'fleet.test', false],
    ['test', 'fleet.test', false],
    // The last octets are those of \x05fleet\x04test, but inside a label.
    ['x\\005fleet.test', 'fleet.test', false],
  ])('%s at or below %s: %s', (name, ancestor, expected) => {
    expect(isAtOrBelow(mustWireName(name), mustWireName(ancestor))).toBe(expected);
  });

  it('knows parents and children', () => {
    expect(parentOf(mustWireName('a.b.test'))).toBe(mustWireName('b.test'));
    expect(parentOf('\0')).toBeUndefined();
    expect(childOf('A', mustWireName('test'))).toBe(mustWireName('a.test'));
    expect(childOf('a'.repeat(64), mustWireName('test'))).toBeUndefined();
    expect(childOf('a'.repeat(60), mustWireName('b.'.repeat(100)))).toBeUndefined();
  });
});
