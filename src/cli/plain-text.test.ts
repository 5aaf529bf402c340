import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { plainJson, plainLines, plainText, styledText } from './plain-text.js';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('plain text', () => {
  it('leaves what people write as it is', () => {
    for (const text of ['k2v7.d.example.com', 'Größe: 3 µm – 日本語 ✓', '😀']) expect(plainText(text)).toBe(text);
  });

  it('has no control, invisible or turning characters, whatever it was', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !UNSAFE.test(plainText(text))));
  });

  it('keeps line ends and tabs of a file', () => {
    expect(plainLines('a,b\r\n"c\td",\u001b[2J\n')).toBe('a,b\r\n"c\td",�[2J\n');
  });

  it('of styles keeps colours alone', () => {
    expect(styledText('\u001b[31mred\u001b[39m \u001b[2J\u009b31m\r\n')).toBe('\u001b[31mred\u001b[39m �[2J�31m�\n');
  });

  it('as JSON is safe, and means what it meant', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = plainJson(value, indent);
        expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
