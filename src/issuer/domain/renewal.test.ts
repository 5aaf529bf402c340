import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { renewalTime } from './renewal.js';

const DAY = 86_400_000;
const notBefore = new Date('2026-01-01T00:00:00Z');

function shareOf(deviceId: string, lifetime: number): number {
  const time = renewalTime({ deviceId, notBefore, notAfter: new Date(notBefore.getTime() + lifetime) });
  return (time.getTime() - notBefore.getTime()) / lifetime;
}

describe('renewalTime', () => {
  it('lies in [notBefore, notAfter), for every device and lifetime', () => {
    const time = fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.string(), time, fc.integer({ min: 1, max: 400 * DAY }), (deviceId, start, lifetime) => {
        const end = new Date(start.getTime() + lifetime);
        const renewal = renewalTime({ deviceId, notBefore: start, notAfter: end }).getTime();
        expect(renewal).toBeGreaterThanOrEqual(start.getTime());
        expect(renewal).toBeLessThan(end.getTime());
      }),
    );
  });

  it.each([
    [90, 2 / 3],
    [45, 2 / 3],
    [10, 2 / 3],
    [160 / 24, 1 / 2],
    [1, 1 / 2],
  ])('is around its share of a lifetime of %d days', (days, middle) => {
    fc.assert(
      fc.property(fc.uuid(), (deviceId) => {
        expect(Math.abs(shareOf(deviceId, days * DAY) - middle)).toBeLessThanOrEqual(1 / 12 + 1e-6);
      }),
    );
  });

  it('is the same for the same device and certificate', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 90 * DAY }), (deviceId, lifetime) => {
        expect(shareOf(deviceId, lifetime)).toBe(shareOf(deviceId, lifetime));
      }),
    );
  });

  it('spreads a fleet onboarded at once evenly over the window', () => {
    const days = Array.from({ length: 15 }, () => 0);
    for (let device = 0; device < 15_000; device++) {
      const share = shareOf(randomUUID(), 90 * DAY);
      days[Math.floor(share * 90 - 52.5)]! += 1;
    }
    // 1,000 a day are expected, with a standard deviation of 31: eight of them never happen by chance.
    for (const count of days) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });
});
