import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  isSerialAfter,
  isSerialReached,
  MAX_SECONDS_AHEAD,
  nextSerial,
  raisedSerial,
  secondsAhead,
  serialAt,
  TICKS_A_SECOND,
} from './serial.js';

const NOW = new Date('2026-11-20T12:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const DAY = 24 * 3600;

describe('serials', () => {
  it('compare as RFC 1982 has it', () => {
    expect(isSerialAfter(1, 0)).toBe(true);
    expect(isSerialAfter(0, 0xffff_ffff)).toBe(true);
    expect(isSerialAfter(0xffff_ffff, 0)).toBe(false);
    expect(isSerialAfter(5, 5)).toBe(false);
    expect(isSerialAfter(0x8000_0000, 0)).toBe(false);
  });

  it('are reached by themselves and by what is after them, also around the circle', () => {
    expect([isSerialReached(5, 5), isSerialReached(6, 5), isSerialReached(0, 0xffff_ffff)]).toEqual([true, true, true]);
    expect([isSerialReached(4, 5), isSerialReached(0xffff_ffff, 0)]).toEqual([false, false]);
  });

  it('only rise, whatever the clock does', () => {
    const serial = fc.integer({ min: 0, max: 0xffff_ffff });
    const time = fc.date({ min: new Date('2000-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(serial, fc.array(time, { maxLength: 20 }), (first, times) => {
        times.reduce((current, now) => {
          const next = nextSerial(current, now);
          expect(isSerialAfter(next, current)).toBe(true);
          expect(next).toBeGreaterThanOrEqual(0);
          expect(next).toBeLessThan(2 ** 32);
          return next;
        }, first);
      }),
    );
  });

  it('are raised over everything that was published, when the database is restored from a backup', () => {
    const backup = nextSerial(serialAt(later(-45 * DAY)), later(-45 * DAY));
    let published = backup;
    // As many commits as the writer lets through, without the time going on.
    while (secondsAhead(published, NOW) <= MAX_SECONDS_AHEAD - 1 / TICKS_A_SECOND)
      published = nextSerial(published, NOW);
    expect(isSerialAfter(nextSerial(backup, NOW), published)).toBe(false);
    expect(isSerialAfter(raisedSerial(backup, later(0.01)), published)).toBe(true);
    expect(isSerialAfter(raisedSerial(published, NOW), published)).toBe(true);
  });

  it('rise by one while the clock stands still or went back', () => {
    expect(nextSerial(serialAt(NOW), NOW)).toBe(serialAt(NOW) + 1);
    expect(nextSerial(serialAt(NOW), later(-60))).toBe(serialAt(NOW) + 1);
  });

  it('say how far they run ahead of the time', () => {
    expect(secondsAhead(serialAt(NOW), NOW)).toBe(0);
    expect(secondsAhead(serialAt(later(3)), NOW)).toBe(3);
    expect(secondsAhead(serialAt(later(-3)), NOW)).toBe(-3);
  });
});
