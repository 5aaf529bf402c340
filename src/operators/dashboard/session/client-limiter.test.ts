import { describe, expect, it } from 'vitest';

import { ClientLimiter } from './client-limiter.js';

const LIMIT = { burst: 2, intervalMilliseconds: 1_000 };

describe('ClientLimiter', () => {
  it('holds back one client after its burst, and says for how long', () => {
    const limiter = new ClientLimiter(LIMIT);
    expect([1, 2, 3].map(() => limiter.spend('192.0.2.1', 0))).toEqual([0, 0, 1_000]);
    expect(limiter.spend('192.0.2.2', 0)).toBe(0);
    expect(limiter.spend('192.0.2.1', 1_000)).toBe(0);
  });

  it('counts an IPv6 network of 64 bits as one client, in whatever way it is written', () => {
    const limiter = new ClientLimiter({ burst: 1, intervalMilliseconds: 1_000 });
    expect(limiter.spend('2001:db8:0:1::1', 0)).toBe(0);
    expect(limiter.spend('2001:db8:0:1:ffff::2', 0)).toBeGreaterThan(0);
    expect(limiter.spend('2001:db8:0:2::1', 0)).toBe(0);
    expect(limiter.spend('::1', 0)).toBe(0);
    expect(limiter.spend('::ffff:192.0.2.1', 0)).toBe(0);
    expect(limiter.spend('192.0.2.1', 0)).toBeGreaterThan(0);
  });

  it('remembers no more clients than it may', () => {
    const limiter = new ClientLimiter(LIMIT, 100);
    for (let index = 0; index < 1_000; index += 1) limiter.spend(`10.0.${index >> 8}.${index & 255}`, 0);
    expect(limiter.size).toBe(100);
  });

  it('forgets a client that did well', () => {
    const limiter = new ClientLimiter({ burst: 1, intervalMilliseconds: 1_000 });
    limiter.spend('192.0.2.1', 0);
    limiter.forgive('192.0.2.1');
    expect(limiter.spend('192.0.2.1', 0)).toBe(0);
  });
});
