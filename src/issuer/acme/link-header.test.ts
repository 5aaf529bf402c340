import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseLinks } from './link-header.js';

describe('parseLinks', () => {
  it.each<[string | string[] | undefined, string[]]>([
    [undefined, []],
    ['', []],
    ['<https://a/1>; rel="alternate"', ['https://a/1']],
    ['<https://a/1>;rel=alternate', ['https://a/1']],
    ['<https://a/1>; title="x"; REL = "alternate"', ['https://a/1']],
    ['<https://a/1>; rel="up alternate"', ['https://a/1']],
    [
      '<https://a/d>;rel="index", <https://a/1>;rel="alternate", <https://a/2>;rel="alternate"',
      ['https://a/1', 'https://a/2'],
    ],
    [
      ['<https://a/1>;rel="alternate"', '<https://a/2>;rel="alternate"'],
      ['https://a/1', 'https://a/2'],
    ],
    ['<https://a/1>; rel="alternates"', []],
    ['<https://a/1>', []],
    ['https://a/1; rel=alternate', []],
    ['<https://a/1; rel=alternate', []],
  ])('reads %j', (header, targets) => {
    expect(parseLinks(header, 'alternate')).toEqual(targets);
  });

  it('reads any text without failing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', ';', ',', ' ', '"', '=', 'rel', 'alternate', 'x') }),
        (text) => {
          expect(Array.isArray(parseLinks(text, 'alternate'))).toBe(true);
        },
      ),
    );
  });
});
