import { describe, expect, it } from 'vitest';

import { SipHash24 } from './cookie-siphash.js';

/** From the reference implementation: key 00…0f, message 00, 01, … of the given length. */
const VECTORS: readonly (readonly [length: number, hash: string])[] = [
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [3, '2d7efbd796666785'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
  [16, 'db9bc2577fcc2a3f'],
  [63, '724506eb4c328a95'],
];

describe('SipHash-2-4', () => {
  const siphash = new SipHash24(Uint8Array.from({ length: 16 }, (_, index) => index));
  const message = Uint8Array.from({ length: 64 }, (_, index) => index);

  it.each(VECTORS)('hashes %i octets as the reference does', (length, hash) => {
    const target = Buffer.alloc(10);
    siphash.write(message, length, target, 2);
    expect(target.subarray(2).toString('hex')).toBe(hash);
    expect(siphash.matches(message, length, target, 2)).toBe(true);
  });

  it('does not match when any bit of the hash differs', () => {
    const target = Buffer.alloc(8);
    siphash.write(message, 20, target, 0);
    for (let bit = 0; bit < 64; bit += 1) {
      const changed = Buffer.from(target);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(siphash.matches(message, 20, changed, 0)).toBe(false);
    }
  });

  it('wants a key of 16 octets', () => {
    expect(() => new SipHash24(new Uint8Array(15))).toThrow('16 octets');
  });
});
