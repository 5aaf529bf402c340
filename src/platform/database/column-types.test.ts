import * as fc from 'fast-check';
import pg from 'pg';
import { describe, expect, it } from 'vitest';

import { columnTypes, parseByteaArray } from './column-types.js';

/** Of PostgreSQL's catalog. */
const BYTEA_ARRAY: number = 1001;

const textOf = (values: readonly Uint8Array[]): string =>
  `{${values.map((value) => `"\\\\x${Buffer.from(value).toString('hex')}"`).join(',')}}`;

describe('the type of bytea[]', () => {
  it('is read as pg itself reads it', () => {
    const theirs = pg.types.getTypeParser(BYTEA_ARRAY, 'text') as (text: string) => Buffer[];
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (values) => {
        const read = parseByteaArray(textOf(values));
        expect(read).toEqual(theirs(textOf(values)));
        expect(read.map((octets) => [...octets])).toEqual(values.map((octets) => [...octets]));
      }),
    );
  });

  it('alone is read in another way', () => {
    expect(columnTypes.getTypeParser(BYTEA_ARRAY, 'text')).toBe(parseByteaArray);
    for (const oid of [17, 20, 1009, 1184, 3802]) {
      expect(columnTypes.getTypeParser(oid, 'text')).toBe(pg.types.getTypeParser(oid, 'text'));
    }
  });
});
