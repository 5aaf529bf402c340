import { describe, expect, it } from 'vitest';

import { durationText, relativeTime, withReadableTimes } from './duration-text.js';

const HOUR = 3_600_000;

describe('durationText', () => {
  it.each([
    [59_999, 'less than a minute'],
    [60_000, '1 minute'],
    [HOUR, '1 hour'],
    [47 * HOUR, '47 hours'],
    [48 * HOUR, '2 days'],
    [90.9 * 24 * HOUR, '90 days'],
    [-5, 'less than a minute'],
  ])('says %d ms as "%s"', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});

describe('relativeTime', () => {
  const now = new Date('2026-01-10T00:00:00Z');
  it.each([
    ['2026-01-13T00:00:00Z', 'in 3 days'],
    ['2026-01-09T19:00:00Z', '5 hours ago'],
    ['2026-01-10T00:00:04Z', 'now'],
  ])('says %s as "%s"', (time, text) => {
    expect(relativeTime(new Date(time), now)).toBe(text);
  });
});

describe('withReadableTimes', () => {
  it.each([
    [
      'It ends on 2026-12-01T01:54:04.667Z and 2026-12-02T00:00:00Z.',
      'It ends on 2026-12-01 01:54 UTC and 2026-12-02 00:00 UTC.',
    ],
    ['Version 2026-12-01 of T01:54Z has none.', 'Version 2026-12-01 of T01:54Z has none.'],
  ])('makes of "%s" "%s"', (sentence, readable) => {
    expect(withReadableTimes(sentence)).toBe(readable);
  });
});
