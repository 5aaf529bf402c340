import { describe, expect, it } from 'vitest';

import { aWaitingOrder, ACCOUNT, DAY, PlannerRun, START } from '../../../../test/support/planner.js';
import { primed } from '../limits/bucket.js';
import { bucketKey } from '../limits/bucket-key.js';
import { BUILTIN_PROFILES } from '../limits/builtin-profiles.js';
import { gcraLimit } from '../limits/limit-profile.js';

const { letsencrypt } = BUILTIN_PROFILES;
const DOMAIN = bucketKey('certificates-per-domain', 'example.com');
const ORDERS = bucketKey('new-orders', ACCOUNT);
const domainLimit = gcraLimit(letsencrypt.limits['certificates-per-domain']!);
const orderLimit = gcraLimit(letsencrypt.limits['new-orders']!);

const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

describe('groups', () => {
  it('take turns: a rollout of 500 does not hold another of 3', () => {
    const big = many(500, () => aWaitingOrder({ group: 'big', requestedAt: START - DAY }));
    const small = many(3, () => aWaitingOrder({ group: 'small' }));
    const run = new PlannerRun([...big, ...small]);
    run.run(START + DAY);
    const places = run.started.flatMap(({ order }, place) => (order.group === 'small' ? [place] : []));
    expect(places).toHaveLength(3);
    expect(places[2]).toBeLessThanOrEqual(6);
  });

  it('take turns over many steps of one token each', () => {
    const run = new PlannerRun([
      ...many(50, () => aWaitingOrder({ group: 'a' })),
      ...many(50, () => aWaitingOrder({ group: 'b' })),
      ...many(50, () => aWaitingOrder({ group: 'c' })),
    ]);
    run.buckets.set(DOMAIN, primed(domainLimit, START, 2));
    run.run(START + 9.9 * domainLimit.intervalMilliseconds);
    expect(
      run.started
        .map(({ order }) => order.group)
        .toSorted()
        .join(''),
    ).toBe('aaabbbccc');
  });

  it('are not paid back for a time in which they wanted nothing', () => {
    const run = new PlannerRun(many(100, () => aWaitingOrder({ group: 'early' })));
    run.run(START + 5 * DAY);
    const before = run.started.length;
    for (let i = 0; i < 100; i++) run.queues.add(aWaitingOrder({ group: 'late' }), run.now);
    run.run(START + 10 * DAY);
    const after = run.started.slice(before).map(({ order }) => order.group);
    expect(after.length).toBeGreaterThan(30);
    const late = after.filter((group) => group === 'late').length;
    expect(Math.abs(late - after.length / 2)).toBeLessThanOrEqual(1);
  });

  it('share the account that binds them although their domains differ', () => {
    const values = { burst: 5000, count: 5000, periodSeconds: 604_800 };
    const profile = {
      ...letsencrypt,
      overrides: ['example.com', 'example.org', 'example.net'].map((domain) => ({
        limit: 'certificates-per-domain' as const,
        for: domain,
        values,
      })),
    };
    const run = new PlannerRun(
      [
        ...many(900, (i) => aWaitingOrder({ group: 'big', zone: `d.example.${['com', 'org', 'net'][i % 3]}` })),
        ...many(100, () => aWaitingOrder({ group: 'small', zone: 'd.example.org' })),
      ],
      { profile },
    );
    run.buckets.set(ORDERS, primed(orderLimit, START, 10));
    run.run(START + 100 * orderLimit.intervalMilliseconds);
    const small = run.started.filter(({ order }) => order.group === 'small').length;
    expect(small).toBe(Math.round(run.started.length / 2));
  });

  it('do not stand between renewals: there the soonest end counts', () => {
    const orders = [
      ...many(5, (i) => aWaitingOrder({ group: 'a', expiresAt: START + i * 1000 })),
      ...many(5, () => aWaitingOrder({ group: 'b', expiresAt: START + DAY })),
    ];
    const run = new PlannerRun(orders);
    run.buckets.set(DOMAIN, primed(domainLimit, START, 2));
    run.run(START + 5.5 * domainLimit.intervalMilliseconds);
    expect(run.started.map(({ order }) => order.group).join('')).toBe('aaaaa');
  });
});
