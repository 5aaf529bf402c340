import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  afterPollFailure,
  afterRenewalInfo,
  ariRenewalTime,
  newAriState,
  nextPoll,
  type AriState,
  type RenewalInfo,
} from './ari-window.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.parse('2028-03-01T00:00:00Z');
const USUAL = T0 + 30 * DAY;

const info = (fromDay: number, toDay: number, more: Partial<RenewalInfo> = {}): RenewalInfo => ({
  start: T0 + fromDay * DAY,
  end: T0 + toDay * DAY,
  ...more,
});

function told(state: AriState, answer: RenewalInfo, now: number, random = 0.5): AriState {
  return afterRenewalInfo(state, answer, { now, random, usualRenewAt: USUAL });
}

const fresh = newAriState('aki.serial', T0);

describe('the renewal time by ARI', () => {
  it('lies in the window, uniformly', () => {
    const window = fc.record({
      start: fc.integer({ min: 0, max: 100 * DAY }),
      // Shorter ones are below what a number of milliseconds since the epoch can tell apart.
      length: fc.integer({ min: 1000, max: 30 * DAY }),
    });
    fc.assert(
      fc.property(
        window,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ({ start, length }, random) => {
          const state = told(fresh, { start: T0 + start, end: T0 + start + length }, T0, random);
          expect(state.renewAt! - T0).toBeGreaterThanOrEqual(start);
          expect(state.renewAt! - T0).toBeLessThanOrEqual(start + length);
          expect((state.renewAt! - T0 - start) / length).toBeCloseTo(random, 5);
        },
      ),
    );
  });

  it('is chosen once and kept while the window stays', () => {
    const first = told(fresh, info(29, 31), T0, 0.25);
    const again = told(first, info(29, 31), T0 + DAY, 0.9);
    expect(again.renewAt).toBe(T0 + 29.5 * DAY);
  });

  it('is chosen anew when the window changes', () => {
    const first = told(fresh, info(29, 31), T0, 0.25);
    expect(told(first, info(20, 22), T0 + DAY, 0.5).renewAt).toBe(T0 + 21 * DAY);
    expect(told(first, info(29, 33), T0 + DAY, 0.5).renewAt).toBe(T0 + 31 * DAY);
  });

  it('is now when it is past', () => {
    const state = told(fresh, info(-3, -1), T0);
    expect(ariRenewalTime(state, T0)).toBe(T0);
  });

  it('is unknown until the CA has told a window', () => {
    expect(ariRenewalTime(fresh, T0)).toBeUndefined();
  });
});

describe('a window that is moved into the past', () => {
  it('is a mass revocation', () => {
    const first = told(fresh, info(29, 31), T0);
    expect(first.revoked).toBe(false);
    const moved = told(first, info(-2, -1, { explanationUrl: 'https://ca.test/why' }), T0 + DAY);
    expect(moved).toMatchObject({ revoked: true, explanationUrl: 'https://ca.test/why' });
    expect(ariRenewalTime(moved, T0 + DAY)).toBe(T0 + DAY);
    expect(told(moved, info(-2, -1), T0 + 2 * DAY).revoked).toBe(true);
  });

  it('is one too when it is the first that we hear, long before the usual time', () => {
    expect(told(fresh, info(-2, -1), T0 + DAY).revoked).toBe(true);
  });

  it('is one also for a certificate whose own window is over already', () => {
    const late = told(fresh, info(29, 31), T0);
    expect(told(late, info(32, 33), T0 + 34 * DAY).revoked).toBe(true);
  });

  it('is none when we are late', () => {
    expect(told(fresh, info(29, 31), T0 + 40 * DAY).revoked).toBe(false);
    const known = told(fresh, info(29, 31), T0);
    expect(told(known, info(29, 31), T0 + 40 * DAY).revoked).toBe(false);
  });
});

describe('the CA is asked again', () => {
  it.each([
    [undefined, 6 * HOUR],
    [21_600, 6 * HOUR],
    [1, 60_000],
    [-5, 60_000],
    [10 * 86_400, DAY],
    [Number.NaN, 6 * HOUR],
  ])('after Retry-After %s within a minute and a day', (retryAfterSeconds, wait) => {
    expect(told(fresh, info(29, 31, { retryAfterSeconds }), T0).pollAt).toBe(T0 + wait);
  });

  it('after faults with a backoff that is capped, and told by Retry-After', () => {
    let state = told(fresh, info(29, 31), T0);
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      state = afterPollFailure(state, { kind: 'fault' }, { now: T0, random: 0 });
      waits.push((state.pollAt - T0) / 60_000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
    expect(afterPollFailure(state, { kind: 'fault', retryAfterSeconds: 300 }, { now: T0, random: 0 }).pollAt).toBe(
      T0 + 300_000,
    );
    expect(afterPollFailure(fresh, { kind: 'fault' }, { now: T0, random: 0.5 }).pollAt).toBe(T0 + 63_000);
    expect(told(state, info(29, 31), T0).faults).toBe(0);
  });

  it('in six hours after any other error, and when the window makes no sense', () => {
    expect(afterPollFailure(fresh, { kind: 'refused' }, { now: T0, random: 0 }).pollAt).toBe(T0 + 6 * HOUR);
    const known = told(fresh, info(29, 31), T0);
    expect(told(known, info(31, 29), T0 + DAY)).toMatchObject({
      window: known.window,
      renewAt: known.renewAt,
      pollAt: T0 + DAY + 6 * HOUR,
    });
    expect(told(fresh, info(5, 5), T0).window).toBeUndefined();
  });

  it('never for a certificate that has expired or was replaced', () => {
    const state = told(fresh, info(29, 31), T0);
    expect(nextPoll(state, { notAfter: T0 + 45 * DAY, replaced: false }, T0)).toBe(T0 + 6 * HOUR);
    expect(nextPoll(state, { notAfter: T0 + 45 * DAY, replaced: false }, T0 + DAY)).toBe(T0 + DAY);
    expect(nextPoll(state, { notAfter: T0 + 45 * DAY, replaced: true }, T0)).toBeUndefined();
    expect(nextPoll(state, { notAfter: T0 + DAY, replaced: false }, T0 + DAY)).toBeUndefined();
  });

  it('keeps what it knew through failures', () => {
    const state = told(fresh, info(29, 31), T0);
    const after = afterPollFailure(state, { kind: 'fault' }, { now: T0, random: 0 });
    expect(after).toMatchObject({ window: state.window, renewAt: state.renewAt, revoked: false });
  });
});
