import { describe, expect, it } from 'vitest';

import { addSeconds } from '../../kernel/clock.js';
import { estimateIssuedAt, type EstimateFacts, pollAfterSeconds } from './order-estimate.js';

const now = new Date('2026-03-01T12:00:00Z');

function estimate(change: Partial<EstimateFacts> = {}): Date | undefined {
  const facts = { status: 'queued' as const, nextAttemptAt: now, ahead: 0, ordersInFlight: 10, secondsPerOrder: 4 };
  return estimateIssuedAt({ ...facts, ...change }, now);
}

describe('estimateIssuedAt', () => {
  it('counts the rounds of orders that come first', () => {
    expect(estimate()).toEqual(addSeconds(now, 4));
    expect(estimate({ ahead: 9 })).toEqual(addSeconds(now, 4));
    expect(estimate({ ahead: 100 })).toEqual(addSeconds(now, 44));
  });

  it('starts from the next try of a deferred order', () => {
    expect(estimate({ status: 'deferred', nextAttemptAt: addSeconds(now, 600), ahead: 50 })).toEqual(
      addSeconds(now, 604),
    );
  });

  it('knows no time for an order that has ended', () => {
    expect(estimate({ status: 'issued' })).toBeUndefined();
    expect(estimate({ status: 'failed' })).toBeUndefined();
  });
});

describe('pollAfterSeconds', () => {
  it('is the time until the estimate, between a second and an hour', () => {
    expect(pollAfterSeconds(addSeconds(now, 4.2), now)).toBe(5);
    expect(pollAfterSeconds(addSeconds(now, -3), now)).toBe(1);
    expect(pollAfterSeconds(addSeconds(now, 86_400), now)).toBe(3_600);
  });
});
