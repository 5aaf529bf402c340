import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BUILTIN_PROFILES } from '../domain/limits/builtin-profiles.js';
import { gcraLimit } from '../domain/limits/limit-profile.js';
import { LETSENCRYPT_RULES } from './ca-rules.js';
import { DeviceModel, USUAL_HABITS } from './device-model.js';
import { EventQueue } from './event-queue.js';
import { Random } from './random.js';

const DAY = 86_400_000;
const T0 = Date.parse('2028-03-01T00:00:00Z');

function numbers(seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: 20 }, () => random.next());
}

describe('random numbers', () => {
  it('repeat with the seed, and differ with another', () => {
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
    expect(numbers(1)).not.toEqual(numbers(2 ** 32 + 1));
  });

  it('are uniform in [0, 1)', () => {
    const random = new Random(1);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 100_000; i++) tenths[Math.floor(random.next() * 10)]! += 1;
    // 10,000 each are expected, with a standard deviation of 95.
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('the event queue', () => {
  it('gives events by time, and those of one time as they came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 3000 }), (times) => {
        const queue = new EventQueue();
        times.forEach((time, i) => queue.add(time, 1, i, time));
        const sorted = times.map((time, i) => ({ time, i })).toSorted((a, b) => a.time - b.time || a.i - b.i);
        expect(queue.nextTime).toBe(sorted[0]?.time ?? Infinity);
        expect(times.map(() => queue.take()).map(({ time, subject }) => ({ time, i: subject }))).toEqual(sorted);
        expect(queue.size).toBe(0);
      }),
    );
  });
});

describe('the device model', () => {
  const habits = { ...USUAL_HABITS, longSilence: 0.5 };
  const model = new DeviceModel(200, habits, new Random(3), T0, T0 + 365 * DAY);
  const moments = fc.tuple(fc.integer({ min: 0, max: 199 }), fc.integer({ min: 0, max: 365 * DAY }));

  it('finds the next and the last moment at which a device is reachable', () => {
    fc.assert(
      fc.property(moments, ([device, offset]) => {
        const time = T0 + offset;
        const next = model.nextAwake(device, time);
        const last = model.lastAwake(device, time);
        expect(next).toBeGreaterThanOrEqual(time);
        // At the edges of a device's waking time a rounding error decides: a millisecond inside, it is awake.
        expect(model.isAwake(device, next) || model.isAwake(device, next + 1)).toBe(true);
        expect(last).toBeLessThanOrEqual(time);
        expect(model.isAwake(device, last) || model.isAwake(device, last - 1)).toBe(true);
        const awake = model.isAwake(device, time);
        expect(next === time && last === time).toBe(awake);
        expect(model.isAwake(device, (next + last) / 2)).toBe(awake);
      }),
    );
  });

  it('lets a device sleep half of its time', () => {
    const always = new DeviceModel(500, { ...USUAL_HABITS, longSilence: 0 }, new Random(4), T0, T0 + 365 * DAY);
    let awake = 0;
    for (let device = 0; device < 500; device++) {
      for (let day = 0; day < 100; day++) if (always.isAwake(device, T0 + day * 1.37 * DAY)) awake += 1;
    }
    expect(awake / 50_000).toBeCloseTo(0.5, 1);
  });

  it('lets every device come once before it falls silent for long', () => {
    const silent = new DeviceModel(300, { ...USUAL_HABITS, longSilence: 1 }, new Random(5), T0, T0 + 365 * DAY);
    for (let device = 0; device < 300; device++) expect(silent.nextAwake(device, T0) - T0).toBeLessThan(14 * DAY);
  });

  it('lets a faulty device fail at every try for a time, and the others by chance', () => {
    const faulty = new DeviceModel(1, { ...USUAL_HABITS, faulty: 1, failure: 0 }, new Random(6), T0, T0 + 100 * DAY);
    const random = new Random(7);
    const failing = Array.from({ length: 1040 }, (_, i) => faulty.fails(0, T0 + (i / 10) * DAY, random));
    const count = failing.filter(Boolean).length;
    expect(count).toBeGreaterThanOrEqual(4);
    expect(count).toBeLessThanOrEqual(41);
    expect(failing.lastIndexOf(true) - failing.indexOf(true) + 1).toBe(count);
  });
});

describe("the model's rules and the planner's tables", () => {
  it('were written apart and agree', () => {
    const { limits } = BUILTIN_PROFILES.letsencrypt;
    const pairs = [
      ['newOrders', 'new-orders'],
      ['certificatesPerDomain', 'certificates-per-domain'],
      ['certificatesPerExactSet', 'certificates-per-exact-set'],
      ['failedAuthorizations', 'failed-authorizations'],
      ['consecutiveFailures', 'consecutive-failures'],
      ['newOrderRequests', 'new-order-requests'],
    ] as const;
    for (const [rule, limit] of pairs) {
      const { burst, intervalMilliseconds } = gcraLimit(limits[limit]!);
      expect(LETSENCRYPT_RULES[rule]).toEqual({
        burst,
        intervalSeconds: expect.closeTo(intervalMilliseconds / 1000, 9),
      });
    }
  });
});
