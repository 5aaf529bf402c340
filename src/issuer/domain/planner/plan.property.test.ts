import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { aWaitingOrder, DAY, PlannerRun, START, type Started } from '../../../../test/support/planner.js';
import { gcraSpend } from '../../../kernel/gcra.js';
import { BUILTIN_PROFILES } from '../limits/builtin-profiles.js';
import type { LimitProfile } from '../limits/limit-profile.js';
import { limitRule } from '../limits/limit-rule.js';
import type { WaitingOrder } from './waiting-order.js';

/** Intervals of whole milliseconds: the last bit of a fraction may make the naive reference below refuse. */
const values = (most: number) =>
  fc.record({
    burst: fc.integer({ min: 1, max: most }),
    count: fc.constantFrom(...[1, 2, 3, 5, 8, 12, 20, 36, 60].filter((count) => count <= most)),
    periodSeconds: fc.constantFrom(3600, 86_400),
  });

const profiles: fc.Arbitrary<LimitProfile> = fc
  .record({ orders: values(60), domain: values(20), exactSet: values(3) })
  .map(({ orders, domain, exactSet }) => ({
    ...BUILTIN_PROFILES.letsencrypt,
    limits: {
      ...BUILTIN_PROFILES.letsencrypt.limits,
      'new-orders': orders,
      'certificates-per-domain': domain,
      'certificates-per-exact-set': exactSet,
    },
  }));

const orders: fc.Arbitrary<WaitingOrder[]> = fc.array(
  fc
    .record({
      host: fc.integer({ min: 1, max: 30 }),
      zone: fc.constantFrom('d.example.com', 'd.example.org', 'x.example.net'),
      two: fc.boolean(),
      group: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('new', 'new', 'new', 'manual', 'renewal', 'exempt', 'revoked', 'ari'),
      after: fc.integer({ min: 0, max: 3600 }),
    })
    .map(({ host, zone, two, group, kind, after }) =>
      aWaitingOrder({
        names: two ? [`h${host}.${zone}`, `h${host}.d.example.com`] : [`h${host}.${zone}`],
        group,
        manual: kind === 'manual',
        revoked: kind === 'revoked',
        requestedAt: START - after * 1000,
        ...(['renewal', 'exempt', 'revoked', 'ari'].includes(kind) && { expiresAt: START + 3 * DAY + after }),
        ...(['exempt', 'revoked'].includes(kind) && { sameNamesIssuedAt: START - 30 * DAY }),
        ...(kind === 'ari' && { replacesWindow: { start: START - DAY, end: START + 2 * DAY } }),
        ...(after % 5 === 0 && { notBefore: START + after * 1000 }),
      }),
    ),
  { minLength: 1, maxLength: 80 },
);

/** What a CA would have refused: every bucket checked at newOrder, counted then or at the end of the order. */
function refusals(started: readonly Started[], orderMilliseconds: number, fails: (order: WaitingOrder) => boolean) {
  const events = started.flatMap((start) => [
    { at: start.at, rank: 1, start },
    { at: start.at + orderMilliseconds, rank: 0, start },
  ]);
  events.sort((a, b) => a.at - b.at || a.rank - b.rank);
  const tats = new Map<string, number>();
  const refused: string[] = [];
  for (const { at, rank, start } of events) {
    for (const { key, limit, limitName, checked } of start.spends) {
      const { spentAt } = limitRule(limitName);
      if (rank === 1 && checked && !gcraSpend(limit, tats.get(key), at).allowed) refused.push(`${key} at ${at}`);
      const countedNow =
        spentAt === 'new-order'
          ? rank === 1
          : rank === 0 && (spentAt === 'failed-authorization') === fails(start.order);
      if (countedNow) tats.set(key, Math.max(tats.get(key) ?? at, at) + limit.intervalMilliseconds);
    }
  }
  return refused;
}

describe('whatever waits, the planner', () => {
  it('never has an order refused by the CA, and starts every order in the end', () => {
    fc.assert(
      fc.property(
        profiles,
        orders,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 100, max: 600_000 }),
        fc.boolean(),
        (profile, waiting, inFlightLimit, orderMilliseconds, failing) => {
          const fails = ({ group }: WaitingOrder) => failing && group === 'c';
          const run = new PlannerRun(waiting, { profile, inFlightLimit, orderMilliseconds, fails });
          run.run();
          expect(refusals(run.started, orderMilliseconds, fails)).toEqual([]);
          expect(run.started.map(({ order }) => order.id).toSorted()).toEqual(waiting.map(({ id }) => id).toSorted());
        },
      ),
      { numRuns: 100 },
    );
  });

  it('never has more in flight than the limit', () => {
    fc.assert(
      fc.property(orders, fc.integer({ min: 1, max: 8 }), (waiting, inFlightLimit) => {
        const run = new PlannerRun(waiting, { inFlightLimit, profile: BUILTIN_PROFILES.none });
        run.run();
        for (const { at } of run.started) {
          const inFlight = run.started.filter((other) => other.at <= at && at < other.at + 20_000);
          expect(inFlight.length).toBeLessThanOrEqual(inFlightLimit);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('serves groups that want as much equally, to one order', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 10 }), (groups, burst) => {
        const waiting = groups.flatMap((size, group) =>
          Array.from({ length: size }, (_, i) =>
            aWaitingOrder({ group: `g${group}`, requestedAt: START - group * 1000 + i }),
          ),
        );
        const profile = {
          ...BUILTIN_PROFILES.none,
          limits: {
            ...BUILTIN_PROFILES.none.limits,
            'certificates-per-domain': { burst, count: 1, periodSeconds: 60 },
          },
        };
        const run = new PlannerRun(waiting, { profile });
        run.run();
        const left = new Map(groups.map((size, group) => [`g${group}`, size]));
        const served = new Map(groups.map((_, group) => [`g${group}`, 0]));
        for (const { order } of run.started) {
          served.set(order.group, served.get(order.group)! + 1);
          left.set(order.group, left.get(order.group)! - 1);
          const waitingStill = [...served].filter(([group]) => left.get(group)! > 0).map(([, count]) => count);
          // Who still waits has had as much as anybody, but for the order of the present turn.
          expect(Math.max(...served.values()) - Math.min(Infinity, ...waitingStill)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 60 },
    );
  });
});
