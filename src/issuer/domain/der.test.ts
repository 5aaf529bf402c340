import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { oid, sequence, tlv } from '../../../test/support/csr-builder.js';
import { DerError, derBits, derChildren, derExpect, derOid, readDer } from './der.js';

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

describe('readDer', () => {
  it('gives tag, content and the octets as they were', () => {
    const value = readDer(hex('30 06 02 01 05 04 01 ff'));
    expect(value).toMatchObject({ tag: 0x30, content: hex('02 01 05 04 01 ff'), raw: hex('30 06 02 01 05 04 01 ff') });
    expect(derChildren(value).map(({ tag }) => tag)).toEqual([0x02, 0x04]);
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a length that is cut off', '30 82 01'],
    ['content that is cut off', '30 02 05'],
    ['octets after the end', '05 00 00'],
    ['an indefinite length', '30 80 00 00'],
    ['a long length that is short', '04 81 01 00'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a length of four octets', '04 84 00 00 00 01 00'],
    ['a tag of two octets', '1f 01 00'],
    ['broken content in a structure', '30 02 04 05'],
  ])('refuses %s', (_, text) => {
    expect(() => readDer(hex(text))).toThrow(DerError);
  });

  it('reads what a writer wrote, of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (one, two) => {
        const [first, second] = derChildren(readDer(sequence(tlv(0x04, one), tlv(0x04, two))));
        expect([...first!.content]).toEqual([...one]);
        expect([...second!.content]).toEqual([...two]);
      }),
    );
  });

  it('fails by a DerError only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(outcomeOf(bytes)).toMatch(/^(read|DerError)$/);
      }),
      { numRuns: 2000 },
    );
  });
});

function outcomeOf(bytes: Uint8Array): string {
  try {
    readDer(bytes);
    return 'read';
  } catch (error) {
    return (error as Error).name;
  }
}

describe('derOid', () => {
  it.each(['1.2.840.113549.1.1.11', '2.5.29.17', '0.9.2342', '1.3.132.0.34'])('reads %s', (dotted) => {
    expect(derOid(readDer(oid(dotted)))).toBe(dotted);
  });

  it.each([
    ['above 2.39', '06 02 88 37', '2.999'],
    ['of one octet', '06 01 2a', '1.2'],
  ])('reads one %s', (_, text, dotted) => {
    expect(derOid(readDer(hex(text)))).toBe(dotted);
  });

  it.each(['06 00', '06 01 80', '06 02 2a 86', '06 03 2a 80 01', '04 01 2a'])('refuses %s', (text) => {
    expect(() => derOid(readDer(hex(text)))).toThrow(DerError);
  });
});

describe('expectations', () => {
  it('refuse another type, and nothing', () => {
    expect(() => derExpect(readDer(hex('05 00')), 0x30, 'x')).toThrow(/x is missing or of another type/);
    expect(() => derExpect(undefined, 0x30, 'x')).toThrow(DerError);
    expect(() => derChildren(readDer(hex('04 00')))).toThrow(DerError);
  });

  it('refuse bit strings that are no octets', () => {
    expect(derBits(readDer(hex('03 02 00 ff')), 'x')).toEqual(hex('ff'));
    expect(() => derBits(readDer(hex('03 02 01 fe')), 'x')).toThrow(DerError);
    expect(() => derBits(readDer(hex('03 00')), 'x')).toThrow(DerError);
  });
});
