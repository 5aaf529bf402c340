import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { gcraRefund, gcraRemaining, gcraSpend } from './gcra.js';

const limits = fc.record({
  burst: fc.integer({ min: 1, max: 300 }),
  intervalMilliseconds: fc.integer({ min: 1, max: 100_000 }),
});

describe('GCRA', () => {
  it('lets a full bucket pass its burst at once, and no more', () => {
    const limit = { burst: 3, intervalMilliseconds: 1000 };
    let tat: number | undefined;
    for (let i = 0; i < 3; i++) {
      const decision = gcraSpend(limit, tat, 0);
      expect(decision.allowed).toBe(true);
      tat = decision.tat;
    }
    const refused = gcraSpend(limit, tat, 0);
    expect(refused).toMatchObject({ allowed: false, tat, remaining: 0, retryAfterMilliseconds: 1000 });
    expect(gcraSpend(limit, tat, 1000).allowed).toBe(true);
  });

  it('never grants more than burst + elapsed / refill', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 400 }), (limit, gaps) => {
        let now = 0;
        let tat: number | undefined;
        let granted = 0;
        for (const gap of gaps) {
          now += gap;
          const decision = gcraSpend(limit, tat, now);
          tat = decision.tat;
          if (decision.allowed) granted += 1;
        }
        expect(granted).toBeLessThanOrEqual(limit.burst + now / limit.intervalMilliseconds + 1e-6);
      }),
    );
  });

  it('passes exactly when the time it named has come', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 1_000_000 }), (limit, ahead) => {
        const refused = gcraSpend(limit, limit.burst * limit.intervalMilliseconds + ahead, 0);
        expect(refused.allowed).toBe(false);
        expect(gcraSpend(limit, refused.tat, refused.retryAfterMilliseconds).allowed).toBe(true);
        expect(gcraSpend(limit, refused.tat, refused.retryAfterMilliseconds - 1).allowed).toBe(false);
      }),
    );
  });

  it('gives back what was spent, and never more than the burst', () => {
    const limit = { burst: 2, intervalMilliseconds: 1000 };
    const spent = gcraSpend(limit, undefined, 5000);
    expect(gcraRemaining(limit, spent.tat, 5000)).toBe(1);
    const refunded = gcraRefund(limit, spent.tat, 5000);
    expect(gcraRemaining(limit, refunded, 5000)).toBe(2);
    expect(gcraRemaining(limit, gcraRefund(limit, refunded, 5000), 5000)).toBe(2);
  });
});
