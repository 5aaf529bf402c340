import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { renewalCycle, spreadRenewalTime } from './renewal-spread.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.parse('2028-03-01T00:00:00Z');

/** Renewals a day of a fleet onboarded in one day, over `days`. */
function renewalsByDay(devices: number, lifetimeAt: (time: number) => number, days: number): number[] {
  const counts = Array.from({ length: days }, () => 0);
  for (let device = 0; device < devices; device++) {
    const phase = (device * 0.6180339887498949) % 1;
    let notBefore = T0 + (device / devices) * DAY;
    while (notBefore < T0 + days * DAY) {
      notBefore = spreadRenewalTime(notBefore, notBefore + lifetimeAt(notBefore), phase);
      const day = Math.floor((notBefore - T0) / DAY);
      if (day < days) counts[day]! += 1;
    }
  }
  return counts;
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;

describe('the renewal time without ARI', () => {
  it('lies between half and all of two thirds of the lifetime, half of it below 10 days', () => {
    const lifetimes = fc.integer({ min: HOUR, max: 400 * DAY });
    const phases = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), lifetimes, phases, (seconds, lifetime, phase) => {
        const notBefore = T0 + seconds * 1000;
        const wait = spreadRenewalTime(notBefore, notBefore + lifetime, phase) - notBefore;
        const cycle = renewalCycle(lifetime);
        expect(cycle / lifetime).toBeCloseTo(lifetime < 10 * DAY ? 1 / 2 : 2 / 3, 9);
        expect(wait).toBeGreaterThanOrEqual(cycle / 2 - HOUR);
        // A sum with today's milliseconds has a rounding error of its own.
        expect(wait).toBeLessThanOrEqual(cycle + 0.001);
      }),
    );
  });

  it('is at the full cycle from the third renewal on', () => {
    const lifetime = 45 * DAY;
    const phases = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(phases, (phase) => {
        let time = T0;
        for (let i = 0; i < 2; i++) time = spreadRenewalTime(time, time + lifetime, phase);
        const next = spreadRenewalTime(time, time + lifetime, phase);
        expect(Math.abs(next - time - renewalCycle(lifetime))).toBeLessThan(1000);
      }),
    );
  });

  it.each([90, 64, 45])('evens out a fleet onboarded in one day, at %d days', (lifetimeDays) => {
    const days = renewalsByDay(9000, () => lifetimeDays * DAY, 365);
    const settled = days.slice(2 * lifetimeDays, 364);
    const average = 9000 / ((lifetimeDays * 2) / 3);
    expect(mean(settled)).toBeCloseTo(average, -1);
    expect(Math.max(...settled)).toBeLessThan(1.25 * average);
    // Without spreading all 9,000 came on one day.
    expect(Math.max(...days)).toBeLessThan(2.1 * average);
  });

  it('evens out 160 hours within a week', () => {
    const days = renewalsByDay(9000, () => 160 * HOUR, 60);
    const average = (9000 * 24) / 80;
    for (const day of days.slice(8, 59)) expect(Math.abs(day - average) / average).toBeLessThan(0.25);
  });

  it('stays even when the lifetime changes in mid-flight: 90, 64, 45 days', () => {
    const lifetimeAt = (time: number) => (time < T0 + 200 * DAY ? 90 : time < T0 + 400 * DAY ? 64 : 45) * DAY;
    const days = renewalsByDay(9000, lifetimeAt, 700);
    const average = 9000 / 30;
    expect(Math.max(...days.slice(180))).toBeLessThan(2.1 * average);
    expect(Math.max(...days.slice(500, 699))).toBeLessThan(1.25 * average);
    expect(mean(days.slice(500, 699))).toBeCloseTo(average, -1);
  });

  it('brings a device that came late back to its point', () => {
    const lifetime = 45 * DAY;
    const onGrid = spreadRenewalTime(spreadRenewalTime(T0, T0 + lifetime, 0.3), T0 + 2 * lifetime, 0.3);
    const late = onGrid + 4 * DAY;
    const next = spreadRenewalTime(late, late + lifetime, 0.3);
    expect(next - onGrid).toBeLessThanOrEqual(30 * DAY + HOUR);
  });
});
