import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { gcraSpend } from '../../kernel/gcra.js';
import { ClientAddress } from './client-address.js';
import {
  DEFAULT_RATE_LIMITS,
  type RateDecision,
  ResponseRateLimiter,
  type ResponseRateLimits,
} from './response-rate-limiter.js';

function aLimiter(limits: Partial<ResponseRateLimits> = {}): ResponseRateLimiter {
  return new ResponseRateLimiter(
    { responsesPerSecond: 10, burstSeconds: 2, slip: 2, slots: 1024, ...limits },
    0x1234_5678,
  );
}

function spend(limiter: ResponseRateLimiter, address: string, now: number, times = 1): readonly RateDecision[] {
  const client = new ClientAddress();
  return Array.from({ length: times }, () => limiter.spend(client.read(address), now));
}

const answered = (decisions: readonly RateDecision[]): number =>
  decisions.filter((decision) => decision === 'answer').length;

describe('response rate limiting', () => {
  it('answers a burst, then the sustained rate', () => {
    const limiter = aLimiter();
    expect(answered(spend(limiter, '192.0.2.1', 0, 100))).toBe(20);
    expect(answered(spend(limiter, '192.0.2.1', 500, 100))).toBe(5);
    expect(answered(spend(limiter, '192.0.2.1', 60_000, 100))).toBe(20);
  });

  it('agrees with the GCRA of the kernel', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5 }), steps, (rate, seconds, pauses) => {
        const limiter = aLimiter({ responsesPerSecond: rate, burstSeconds: seconds });
        const limit = { burst: rate * seconds, intervalMilliseconds: 1000 / rate };
        let now = 0;
        let tat: number | undefined;
        for (const pause of pauses) {
          now += pause;
          const expected = gcraSpend(limit, tat === undefined ? undefined : tat - 1e-3, now);
          if (expected.allowed) tat = Math.max(tat ?? now, now) + limit.intervalMilliseconds;
          expect(spend(limiter, '192.0.2.1', now)[0] === 'answer').toBe(expected.allowed);
        }
      }),
    );
  });

  it.each([
    ['192.0.2.1', '192.0.2.254', true],
    ['192.0.2.1', '192.0.3.1', false],
    ['2001:db8:0:aa00::1', '2001:db8:0:aaff:ffff::1', true],
    ['2001:db8:0:aa00::1', '2001:db8:0:ab00::1', false],
    ['192.0.2.1', '::ffff:192.0.2.9', true],
    ['192.0.2.1', 'c000:200::', false],
    ['0.0.0.0', '::', false],
  ])('%s and %s share a bucket: %s', (one, other, shared) => {
    const limiter = aLimiter();
    spend(limiter, one, 0, 20);
    expect(answered(spend(limiter, other, 0))).toBe(shared ? 0 : 1);
  });

  it('slips a truncated answer to every second query over the limit', () => {
    const limiter = aLimiter({ responsesPerSecond: 1, burstSeconds: 1 });
    expect(spend(limiter, '192.0.2.1', 0, 5)).toEqual(['answer', 'drop', 'slip', 'drop', 'slip']);
  });

  it('slips always with 1, never with 0', () => {
    const always = aLimiter({ responsesPerSecond: 1, burstSeconds: 1, slip: 1 });
    expect(spend(always, '192.0.2.1', 0, 3).slice(1)).toEqual(['slip', 'slip']);
    const never = aLimiter({ responsesPerSecond: 1, burstSeconds: 1, slip: 0 });
    expect(spend(never, '192.0.2.1', 0, 3).slice(1)).toEqual(['drop', 'drop']);
  });

  it('goes on limiting a busy prefix while a flood from invented ones passes through the table', () => {
    const limiter = aLimiter({ slots: 64 });
    spend(limiter, '192.0.2.1', 0, 100);
    let answers = 0;
    for (let index = 0; index < 5000; index += 1) {
      spend(limiter, `10.${index >> 8}.${index & 255}.1`, 0);
      answers += answered(spend(limiter, '192.0.2.1', 0));
    }
    expect(answers).toBe(0);
  });

  it('passes 50 orders of 25 questions that a CA asks at once', () => {
    const limiter = new ResponseRateLimiter(DEFAULT_RATE_LIMITS, 1);
    expect(answered(spend(limiter, '198.51.100.7', 0, 50 * 25))).toBe(50 * 25);
  });

  it('wants a table of a power of two', () => {
    expect(() => aLimiter({ slots: 1000 })).toThrow('power of two');
  });
});
