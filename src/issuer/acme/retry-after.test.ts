import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseRetryAfter } from './retry-after.js';

const now = new Date('2026-03-01T12:00:00.250Z');

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 120],
    [' 86400 ', 86_400],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30],
    ['Sunday, 01-Mar-26 12:00:30 GMT', 30],
    ['Sun Mar  1 12:00:30 2026', 30],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ])('reads %j', (header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });

  it.each([undefined, '', '-1', '1.5', '12 s', 'soon', '99999999999', 'Sun, 99 Mar 2026 12:00:30 GMT', '2026-03-02'])(
    'does not read %j',
    (header) => {
      expect(parseRetryAfter(header, now)).toBeUndefined();
    },
  );

  it('gives back every date as the whole seconds until then, and never too few', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (ahead) => {
        const date = new Date(Date.UTC(2026, 2, 1, 12) + ahead * 1000);
        const seconds = parseRetryAfter(date.toUTCString(), now)!;
        expect(now.getTime() + seconds * 1000).toBeGreaterThanOrEqual(date.getTime());
        expect(seconds).toBe(ahead);
      }),
    );
  });
});
