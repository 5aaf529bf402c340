import { describe, expect, it } from 'vitest';

import { evenly, rolloutCurve, usualRollout } from './rollout-curve.js';

describe('rolloutCurve', () => {
  it('goes from the start to the end, and never back', () => {
    const curve = rolloutCurve(1_000, 97_000, (time) => Math.floor(time / 1_000));
    expect(curve[0]).toEqual({ at: 1_000, devices: 1 });
    expect(curve.at(-1)).toEqual({ at: 97_000, devices: 97 });
    for (const [index, point] of curve.slice(1).entries()) {
      expect(point.at).toBeGreaterThan(curve[index]!.at);
      expect(point.devices).toBeGreaterThanOrEqual(curve[index]!.devices);
    }
  });

  it.each([Infinity, 1_000])('is empty for a rollout that ends at %d', (end) => {
    expect(rolloutCurve(1_000, end, () => 1)).toEqual([]);
  });
});

describe('usualRollout', () => {
  it.each([
    [0, 100],
    [999, 100],
    [1_001, 200],
    [10_001, 2_000],
    [90_000, 10_000],
    [100_000, 10_000],
  ])('for a fleet of %d asks for %d', (devices, expected) => {
    expect(usualRollout(devices)).toBe(expected);
  });
});

describe('evenly', () => {
  it.each([
    [0, 0],
    [100, 0],
    [150, 5],
    [199, 9],
    [200, 10],
    [900, 10],
  ])('has at %d done %d of ten that come from 100 to 200', (time, done) => {
    expect(evenly(100, 200, 10)(time)).toBe(done);
  });

  it('has all done at once where that takes no time', () => {
    expect(evenly(100, 100, 10)(100)).toBe(10);
  });
});
