import { describe, expect, it } from 'vitest';

import { acmeServerOptions } from './options.js';
import { RequestRateLimiter } from './request-rate-limiter.js';

describe('request rates', () => {
  it('are those of the real CA by default', () => {
    const limiter = new RequestRateLimiter(acmeServerOptions().requestRates);
    const now = new Date();
    const passed = Array.from({ length: 100 }, () => limiter.spend('newNonce', '192.0.2.1', now) === 0);
    expect(passed.filter(Boolean)).toHaveLength(10);
    const later = new Date(now.getTime() + 1000);
    const passedLater = Array.from({ length: 100 }, () => limiter.spend('newNonce', '192.0.2.1', later) === 0);
    expect(passedLater.filter(Boolean)).toHaveLength(10);
  });

  it('do not grow with the number of addresses, and forget those who asked longest ago', () => {
    const limiter = new RequestRateLimiter({
      ...acmeServerOptions().requestRates,
      other: { perSecond: 0.001, burst: 1 },
    });
    const now = new Date();
    expect(limiter.spend('other', 'first', now)).toBe(0);
    expect(limiter.spend('other', 'first', now)).toBe(1000);
    for (let index = 0; index < 60_000; index += 1) limiter.spend('other', `10.${index}`, now);
    expect(limiter.spend('other', 'first', now)).toBe(0);
    expect(limiter.spend('other', '10.59999', now)).toBe(1000);
  });
});
