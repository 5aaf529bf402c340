import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isSerialAfter, nextSerial, secondsAhead, serialAt } from './serial.js';

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

  it('rise above everything that was published when the database is restored from a backup', () => {
    const backup = nextSerial(serialAt(later(-30 * DAY)), later(-30 * DAY));
    let published = backup;
    for (let commit = 0; commit < 1000; commit += 1) published = nextSerial(published, NOW);
    // 1000 commits at once run ahead by less than the four seconds that a restore surely takes.
    expect(isSerialAfter(nextSerial(backup, later(4)), published)).toBe(true);
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
