import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { gcraSpend, type GcraLimit } from '../../../kernel/gcra.js';
import {
  canReserve,
  correctedByRefusal,
  earliestTime,
  emptied,
  FULL_BUCKET,
  primed,
  release,
  reserve,
  settle,
  tokensAt,
  type BucketState,
} from './bucket.js';

const LIMIT: GcraLimit = { burst: 50, intervalMilliseconds: 12_096_000 };

const limits = fc.record({
  burst: fc.integer({ min: 1, max: 300 }),
  intervalMilliseconds: fc.integer({ min: 1, max: 100_000 }),
});

describe('a bucket with reservations', () => {
  it('holds back what orders in flight may still spend', () => {
    let bucket = FULL_BUCKET;
    for (let i = 0; i < 50; i++) {
      expect(canReserve(LIMIT, bucket, 1000)).toBe(true);
      bucket = reserve(bucket);
    }
    expect(canReserve(LIMIT, bucket, 1000)).toBe(false);
    expect(canReserve(LIMIT, release(bucket), 1000)).toBe(true);
  });

  it('is refused by a CA that counts at issuance when it moves its TAT at the claim; settled reservations are not', () => {
    const latency = 20_000;
    const at = 1_000_000;
    let ca = 0;
    for (let i = 0; i < 50; i++) ca = gcraSpend(LIMIT, ca, at + latency).tat;
    const naive = at + LIMIT.intervalMilliseconds;
    expect(gcraSpend(LIMIT, ca, naive).allowed).toBe(false);

    let bucket: BucketState = { tat: 0, reserved: 50 };
    for (let i = 0; i < 50; i++) bucket = settle(LIMIT, bucket, at + latency);
    const next = earliestTime(LIMIT, bucket, at + latency);
    expect(next).toBe(naive + latency);
    expect(gcraSpend(LIMIT, ca, next).allowed).toBe(true);
  });

  it('never lets the CA refuse, whatever the time in flight and however many orders fail', () => {
    const orders = fc.array(
      fc.record({
        gap: fc.integer({ min: 0, max: 200_000 }),
        latency: fc.integer({ min: 0, max: 300_000 }),
        fails: fc.boolean(),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(limits, orders, (limit, asked) => {
        let now = 1;
        let ours = FULL_BUCKET;
        let ca: number | undefined;
        const inFlight: { at: number; fails: boolean }[] = [];
        const finishUntil = (time: number) => {
          inFlight.sort((a, b) => a.at - b.at);
          while (inFlight[0] && inFlight[0].at <= time) {
            const { at, fails } = inFlight.shift()!;
            if (fails) {
              ours = release(ours);
              continue;
            }
            ca = Math.max(ca ?? at, at) + limit.intervalMilliseconds;
            ours = settle(limit, ours, at + 3);
          }
        };
        for (const { gap, latency, fails } of asked) {
          now += gap;
          finishUntil(now);
          if (!canReserve(limit, ours, now)) continue;
          ours = reserve(ours);
          expect(gcraSpend(limit, ca, now).allowed).toBe(true);
          inFlight.push({ at: now + latency, fails });
        }
      }),
    );
  });

  it('has room exactly from the time that it names', () => {
    const buckets = fc.record({
      tat: fc.integer({ min: 0, max: 10_000_000 }),
      reserved: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(
        limits,
        buckets,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 5 }),
        (limit, bucket, count, kept) => {
          fc.pre(count + kept <= limit.burst);
          // What is reserved may also be settled: the time named counts it as spent.
          let settled = bucket;
          while (settled.reserved > 0) settled = settle(limit, settled, 0);
          const due = earliestTime(limit, settled, 0, count, kept);
          expect(due).toBeCloseTo(earliestTime(limit, bucket, 0, count, kept), 3);
          expect(canReserve(limit, settled, due, count, kept)).toBe(true);
          // 0 is the time of asking: then what was before it is not said.
          if (due > 0) expect(canReserve(limit, settled, due - 1, count, kept)).toBe(false);
        },
      ),
    );
  });

  it('never has room for more than its burst', () => {
    expect(earliestTime({ burst: 5, intervalMilliseconds: 1 }, FULL_BUCKET, 0, 4, 2)).toBe(Infinity);
    expect(canReserve({ burst: 5, intervalMilliseconds: 1 }, FULL_BUCKET, 1e12, 4, 2)).toBe(false);
  });
});

describe('what the CA tells of a bucket', () => {
  it('moves it, after a 429, so that one passes when the CA said', () => {
    const corrected = correctedByRefusal(LIMIT, FULL_BUCKET, 0, 3600);
    expect(canReserve(LIMIT, corrected, 3_599_999)).toBe(false);
    expect(canReserve(LIMIT, corrected, 3_600_000)).toBe(true);
    expect(canReserve(LIMIT, reserve(corrected), 3_600_000)).toBe(false);
  });

  it('never makes it fuller than we knew', () => {
    const drained = primed(LIMIT, 0, 0);
    expect(correctedByRefusal(LIMIT, drained, 0, 60).tat).toBe(drained.tat);
  });

  it('primes it with what is left', () => {
    expect(tokensAt(LIMIT, primed(LIMIT, 5000, 7), 5000)).toBeCloseTo(7, 6);
    expect(tokensAt(LIMIT, primed(LIMIT, 5000, 999), 5000)).toBe(50);
    expect(tokensAt(LIMIT, primed(LIMIT, 5000, 7, 2), 5000)).toBeCloseTo(5, 6);
  });

  it('is forgotten for consecutive failures after a success, but for what is in flight', () => {
    expect(emptied({ tat: 999, reserved: 2 })).toEqual({ tat: 0, reserved: 2 });
  });
});
