import { describe, expect, it } from 'vitest';

import { goDuration, goTimestamp } from './go-time.js';

describe('Go durations', () => {
  it.each([
    [7 * 86_400_000, '168h0m0s'],
    [10_800_000, '3h0m0s'],
    [3_600_000, '1h0m0s'],
    [86_400, '1m26.4s'],
    [604_800, '10m4.8s'],
    [36_000, '36s'],
    [1500, '1.5s'],
    [500, '500ms'],
    [0.5, '0.5ms'],
    [0, '0s'],
  ])('prints %d milliseconds as %s', (milliseconds, text) => {
    expect(goDuration(milliseconds)).toBe(text);
  });

  it('prints times in UTC, without fractions', () => {
    expect(goTimestamp(new Date('2026-08-15T19:14:33.999Z'))).toBe('2026-08-15 19:14:33 UTC');
  });
});
