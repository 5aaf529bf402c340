import { describe, expect, it } from 'vitest';

import { collect, parseCount, parsePastTime, parseSeconds, parseTime } from './option-values.js';

describe('parseTime', () => {
  it.each([
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T12:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00:00+02:00', '2027-01-31T10:00:00.000Z'],
  ])('reads %s', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  it.each(['', 'soon', '2027-13-01', '2027-01-31 12:00', '31.01.2027', '1767225600'])('refuses "%s"', (text) => {
    expect(() => parseTime(text)).toThrow('Expected a time');
  });
});

describe('parsePastTime', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  it.each([
    ['12h', '2026-11-21T00:00:00.000Z'],
    ['30d', '2026-10-22T12:00:00.000Z'],
    ['2w', '2026-11-07T12:00:00.000Z'],
    ['2026-01-01', '2026-01-01T00:00:00.000Z'],
  ])('reads %s', (text, time) => {
    expect(parsePastTime(text, now)).toBe(time);
  });

  it.each(['h', '-1d', '1.5d', '1y', '123456d'])('refuses "%s"', (text) => {
    expect(() => parsePastTime(text, now)).toThrow('Expected a time');
  });
});

describe('parseCount and parseSeconds', () => {
  it.each(['0', '-1', '1.5', '', '1e3', '9999999999'])('a count is not "%s"', (text) => {
    expect(() => parseCount(text)).toThrow('Expected a whole number');
  });

  it.each(['0', '-1', '', ' ', 'x', '86401', 'Infinity'])('seconds are not "%s"', (text) => {
    expect(() => parseSeconds(text)).toThrow('Expected seconds');
  });

  it('are numbers', () => {
    expect([parseCount('12'), parseSeconds('0.5')]).toEqual([12, 0.5]);
  });
});

describe('collect', () => {
  it('adds what is repeated to what has commas', () => {
    expect(collect('a, b', ['c'], ['a', 'b', 'c'])).toEqual(['c', 'a', 'b']);
  });

  it.each(['d', 'a,', ''])('refuses "%s"', (text) => {
    expect(() => collect(text, undefined, ['a', 'b', 'c'])).toThrow('Allowed are a, b, c.');
  });
});
