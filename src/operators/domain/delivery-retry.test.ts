import { describe, expect, it } from 'vitest';

import { MOST_ATTEMPTS, retrySeconds } from './delivery-retry.js';

describe('retrySeconds', () => {
  it('grows threefold up to six hours', () => {
    expect([1, 2, 3, 4].map((attempts) => retrySeconds(attempts, 0))).toEqual([10, 30, 90, 270]);
    expect(retrySeconds(MOST_ATTEMPTS - 1, 0)).toBe(6 * 3600);
  });

  it('gives up after the last try, more than a day after the first', () => {
    expect(retrySeconds(MOST_ATTEMPTS, 0)).toBeUndefined();
    let seconds = 0;
    for (let attempts = 1; attempts < MOST_ATTEMPTS; attempts += 1) seconds += retrySeconds(attempts, 0) ?? 0;
    expect(seconds).toBeGreaterThan(24 * 3600);
  });

  it('spreads what failed together', () => {
    expect(retrySeconds(3, 1)).toBe(112.5);
  });
});
