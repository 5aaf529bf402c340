import { describe, expect, it } from 'vitest';

import { addSeconds } from '../../kernel/clock.js';
import { estimatedEnd, pollAfterSeconds, pollUnknownSeconds } from './order-estimate.js';

const now = new Date('2027-01-01T00:00:00Z');
const order = { status: 'queued', nextAttemptAt: now } as const;

describe('the time at which a certificate is to be expected', () => {
  it("is the planner's for an order that waits for its start", () => {
    const estimatedAt = addSeconds(now, 777).getTime();
    expect(estimatedEnd(order, { code: 'slot', estimatedAt }, 5, now)).toEqual(addSeconds(now, 777));
  });

  it('is one issuance away for an order that goes on', () => {
    expect(estimatedEnd({ ...order, status: 'issuing' }, undefined, 5, now)).toEqual(addSeconds(now, 5));
    expect(estimatedEnd({ ...order, nextAttemptAt: addSeconds(now, -9) }, undefined, 5, now)).toEqual(
      addSeconds(now, 5),
    );
  });

  it('is after the pause of a deferred one', () => {
    const deferred = { status: 'deferred', nextAttemptAt: addSeconds(now, 600) } as const;
    expect(estimatedEnd(deferred, undefined, 5, now)).toEqual(addSeconds(now, 605));
  });

  it('is none for an order that has ended, or waits for an operator', () => {
    for (const status of ['issued', 'failed'] as const) {
      expect(estimatedEnd({ ...order, status }, undefined, 5, now)).toBeUndefined();
    }
    expect(estimatedEnd(order, { code: 'closed', estimatedAt: Infinity }, 5, now)).toBeUndefined();
  });

  it.each(['ca_unreachable', 'ca_account'])('is none while the reason is %s', (reasonCode) => {
    const estimatedAt = addSeconds(now, 10).getTime();
    expect(estimatedEnd({ ...order, reasonCode }, { code: 'slot', estimatedAt }, 5, now)).toBeUndefined();
    expect(estimatedEnd({ ...order, status: 'deferred', reasonCode }, undefined, 5, now)).toBeUndefined();
  });

  it("is the limit's for an order that a limit holds, whatever held it before", () => {
    const waiting = { code: 'limit', estimatedAt: addSeconds(now, 777).getTime() } as const;
    expect(estimatedEnd({ ...order, reasonCode: 'ca_unreachable' }, waiting, 5, now)).toEqual(addSeconds(now, 777));
  });
});

describe('the time to ask again', () => {
  it('is between a second and an hour', () => {
    expect(pollAfterSeconds(addSeconds(now, 12.2), now)).toBe(13);
    expect(pollAfterSeconds(addSeconds(now, -5), now)).toBe(1);
    expect(pollAfterSeconds(addSeconds(now, 99_999), now)).toBe(3_600);
  });

  it('is a minute and more when nobody knows the end, and longer the longer the order has waited', () => {
    expect(pollUnknownSeconds(now, now, 0)).toBe(60);
    expect(pollUnknownSeconds(now, now, 0.999)).toBe(90);
    expect(pollUnknownSeconds(now, addSeconds(now, 400), 0)).toBe(100);
    expect(pollUnknownSeconds(now, addSeconds(now, 99_999), 0)).toBe(200);
    expect(pollUnknownSeconds(now, addSeconds(now, 99_999), 0.9999)).toBeLessThanOrEqual(300);
  });
});
