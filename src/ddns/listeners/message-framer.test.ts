import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MessageFramer } from './message-framer.js';

const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });

function stream(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length >> 8, part.length & 0xff]), part]));
}

describe('the framer', () => {
  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (parts, cuts) => {
        const octets = stream(parts);
        const framer = new MessageFramer();
        const found: Buffer[] = [];
        for (let at = 0, index = 0; at < octets.length; index += 1) {
          const end = at + cuts[index % cuts.length]!;
          const segment = Buffer.from(octets.subarray(at, end));
          expect(framer.push(segment, (message) => found.push(Buffer.from(message)) > 0)).toBe(segment.length);
          at = end;
        }
        expect(found).toEqual(parts.map((part) => Buffer.from(part)));
        expect(framer.isPartial).toBe(false);
      }),
    );
  });

  it('goes on behind the message where it was stopped', () => {
    fc.assert(
      fc.property(messages, (parts) => {
        const octets = stream(parts);
        const framer = new MessageFramer();
        const found: Buffer[] = [];
        for (let at = 0; at < octets.length;) {
          at += framer.push(octets.subarray(at), (message) => found.push(message) < 0);
        }
        expect(found).toEqual(parts.map((part) => Buffer.from(part)));
      }),
    );
  });

  it('says whether a message is begun', () => {
    const framer = new MessageFramer();
    framer.push(Buffer.from([0]), () => true);
    expect(framer.isPartial).toBe(true);
    framer.push(Buffer.from([2, 1]), () => true);
    expect(framer.isPartial).toBe(true);
    framer.push(Buffer.from([1]), () => true);
    expect(framer.isPartial).toBe(false);
  });
});
