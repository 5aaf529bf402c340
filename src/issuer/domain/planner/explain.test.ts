import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  aPlannerState,
  aWaitingOrder,
  ACCOUNT,
  anExemptRenewal,
  DAY,
  PlannerRun,
  START,
} from '../../../../test/support/planner.js';
import { primed } from '../limits/bucket.js';
import { bucketKey } from '../limits/bucket-key.js';
import { BUILTIN_PROFILES } from '../limits/builtin-profiles.js';
import { gcraLimit } from '../limits/limit-profile.js';
import { explain, explainOne } from './explain.js';
import type { PlannerState } from './planner-state.js';
import type { WaitingOrder } from './waiting-order.js';
import { waitingSentence } from './waiting-reason.js';

const DOMAIN = bucketKey('certificates-per-domain', 'example.com');
const domainLimit = gcraLimit(BUILTIN_PROFILES.letsencrypt.limits['certificates-per-domain']!);
const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

/** Waits that differ by so little are the same: a few orders' time in flight, one token more or less. */
const SLACK = 120_000;

/** By how much the estimates made at the start were wrong, as a part of the wait; waits of the slack at most count as right. */
function worstError(run: PlannerRun, slack = SLACK): number {
  const reasons = explain(run.state(), run.now);
  run.run();
  const startOf = new Map(run.started.map(({ order, at }) => [order.id, at]));
  let worst = 0;
  for (const { order, startAt } of reasons) {
    const actual = startOf.get(order.id)! - START;
    const off = Math.abs(startAt - START - actual);
    if (off > slack) worst = Math.max(worst, off / actual);
  }
  expect(reasons).toHaveLength(run.started.length);
  return worst;
}

describe('estimated times', () => {
  it('are exact for one line at one bucket', () => {
    expect(worstError(new PlannerRun(many(300, () => aWaitingOrder())), 60_000)).toBe(0);
  });

  it('are right within a tenth where groups of every size take turns', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const waiting = sizes.flatMap((size, group) =>
          many(size, (i) => aWaitingOrder({ group: `g${group}`, requestedAt: START + i * 1000 + group })),
        );
        const run = new PlannerRun(waiting);
        run.buckets.set(DOMAIN, primed(domainLimit, START, 12));
        expect(worstError(run, domainLimit.intervalMilliseconds + SLACK)).toBeLessThan(0.1);
      }),
      { numRuns: 30 },
    );
  });

  it('are right within a tenth where renewals, new devices and retries by hand share a bucket', () => {
    const run = new PlannerRun([
      ...many(120, (i) => aWaitingOrder({ expiresAt: START + DAY + i })),
      ...many(200, () => aWaitingOrder()),
      ...many(10, () => aWaitingOrder({ manual: true })),
    ]);
    run.buckets.set(DOMAIN, primed(domainLimit, START, 0));
    expect(worstError(run, 2 * domainLimit.intervalMilliseconds)).toBeLessThan(0.1);
  });

  it('are right within a tenth over several domains under one account', () => {
    const zones = ['d.example.com', 'd.example.org', 'd.example.net'];
    const run = new PlannerRun(many(600, (i) => aWaitingOrder({ zone: zones[i % 3], group: `g${i % 2}` })));
    expect(worstError(run)).toBeLessThan(0.1);
  });

  it('are right within a tenth for exempt orders that wait for slots', () => {
    const run = new PlannerRun(
      many(2000, (i) => anExemptRenewal({ revoked: true, expiresAt: START + DAY + i })),
      { orderMilliseconds: 60_000 },
    );
    expect(worstError(run)).toBeLessThan(0.1);
  });

  it('begin where the CA opens again', () => {
    const state = aPlannerState([anExemptRenewal()], { closedUntil: START + DAY, orderSeconds: 10 });
    expect(explain(state, START)).toMatchObject([
      { code: 'closed', startAt: START + DAY, estimatedAt: START + DAY + 10_000 },
    ]);
  });

  it('are those of the deferral for a deferred order', () => {
    const order = aWaitingOrder({ notBefore: START + 5000 });
    expect(explain(aPlannerState([order]), START)).toMatchObject([{ code: 'deferred', startAt: START + 5000 }]);
  });
});

describe('one order alone', () => {
  it('is told what it is told among all', () => {
    const run = new PlannerRun([
      ...many(40, (i) => aWaitingOrder({ group: `g${i % 3}`, requestedAt: START + i })),
      ...many(20, (i) => aWaitingOrder({ expiresAt: START + DAY + i })),
      ...many(5, () => aWaitingOrder({ manual: true })),
      ...many(60, (i) => anExemptRenewal({ revoked: i % 2 === 0, expiresAt: START + DAY + i })),
      aWaitingOrder({ notBefore: START + 5000 }),
    ]);
    run.buckets.set(DOMAIN, primed(domainLimit, START, 12));
    const reasons = explain(run.state(), START);
    expect(reasons).toHaveLength(126);
    for (const { startAt, estimatedAt, ...rest } of reasons) {
      const one = explainOne(run.state(), rest.order.id, START)!;
      expect(one).toMatchObject(rest);
      // Orders of other lanes that start at once take slots too: alone they are not looked at.
      const slack = rest.code === 'slot' ? 20_000 : 0;
      expect(Math.abs(one.startAt - startAt)).toBeLessThanOrEqual(slack);
      expect(one.estimatedAt - one.startAt).toBeCloseTo(estimatedAt - startAt, 3);
    }
    expect(explainOne(run.state(), 'no such order', START)).toBeUndefined();
  });
});

/** The sentence of the last of these orders. */
function sentenceOf(state: Partial<PlannerState>, ...orders: WaitingOrder[]): string {
  return waitingSentence(explain(aPlannerState(orders, state), START).at(-1)!);
}

describe('every waiting order has a sentence', () => {
  const empty = { buckets: new Map([[DOMAIN, primed(domainLimit, START, 0)]]) };

  it('that names the limit, its numbers and who is before', () => {
    expect(sentenceOf(empty, aWaitingOrder())).toBe(
      'The CA limits new certificates in a registered domain (example.com): 50 at once, then one every 3 h 21 min, ' +
        'and none is left. It is the first of its group in the line.',
    );
    expect(sentenceOf(empty, aWaitingOrder(), aWaitingOrder())).toMatch(/One order of its group is before it\.$/);
    expect(sentenceOf(empty, aWaitingOrder(), aWaitingOrder(), aWaitingOrder())).toMatch(/2 orders of its group are/);
  });

  it('without the account URL for the limit of the account', () => {
    const limit = gcraLimit(BUILTIN_PROFILES.letsencrypt.limits['new-orders']!);
    const buckets = new Map([[bucketKey('new-orders', ACCOUNT), primed(limit, START, 0)]]);
    const sentence = sentenceOf({ buckets }, aWaitingOrder());
    expect(sentence).toContain('new orders of the account: 300 at once, then one every 36 s');
    expect(sentence).not.toContain(ACCOUNT);
  });

  it('when it waits for a slot, for its time, or for the CA', () => {
    expect(sentenceOf({}, anExemptRenewal())).toMatch(/^It is next/);
    expect(sentenceOf({}, anExemptRenewal(), anExemptRenewal())).toMatch(/^No limit of the CA holds it/);
    expect(sentenceOf({}, aWaitingOrder({ notBefore: START + 1000 }))).toContain('2028-03-01T00:00:01.000Z');
    expect(sentenceOf({ closedUntil: START + 1 }, aWaitingOrder())).toMatch(/takes no orders at present/);
    expect(sentenceOf({ closedUntil: Infinity }, aWaitingOrder())).toMatch(/paused issuance until an operator acts/);
  });
});
