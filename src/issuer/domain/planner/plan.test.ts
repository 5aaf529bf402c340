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
import { plan } from './plan.js';
import type { PlannerState } from './planner-state.js';

const { letsencrypt } = BUILTIN_PROFILES;
const DOMAIN = bucketKey('certificates-per-domain', 'example.com');
const ORDERS = bucketKey('new-orders', ACCOUNT);
const domainLimit = gcraLimit(letsencrypt.limits['certificates-per-domain']!);
const orderLimit = gcraLimit(letsencrypt.limits['new-orders']!);

const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const started = (state: PlannerState, now = START) => plan(state, now).start.map(({ order }) => order);

/** A domain of which so many are left, above what is kept back for retries by hand (2 of 50). */
const domainLeft = (left: number) => new Map([[DOMAIN, primed(domainLimit, START, left + 2)]]);

describe('the planner starts', () => {
  it('nothing when nothing waits, and asks for no other step', () => {
    expect(plan(aPlannerState([]), START)).toEqual({ start: [], postpone: [], shares: new Map() });
  });

  it('mass revocations first, then what ends soonest, then new devices', () => {
    const fresh = aWaitingOrder({ requestedAt: START - DAY });
    const later = anExemptRenewal({ expiresAt: START + 12 * DAY });
    const sooner = anExemptRenewal({ expiresAt: START + 3 * DAY });
    const revoked = anExemptRenewal({ revoked: true });
    const orders = [fresh, later, sooner, revoked];
    const one = new PlannerRun(orders, { inFlightLimit: 1 });
    one.run();
    expect(one.started.map(({ order }) => order)).toEqual([revoked, sooner, later, fresh]);
  });

  it('no more than may be in flight', () => {
    const orders = many(60, () => anExemptRenewal());
    expect(started(aPlannerState(orders, { inFlight: { standing: 10, manual: 0, new: 0 } }))).toHaveLength(33);
    expect(started(aPlannerState(orders, { inFlight: { standing: 0, manual: 0, new: 50 } }))).toHaveLength(0);
    expect(started(aPlannerState(orders, { inFlightLimit: 1 }))).toHaveLength(1);
  });

  it('new devices and retries by hand in the slots that renewals leave free', () => {
    const orders = [
      ...many(100, () => anExemptRenewal({ revoked: true })),
      ...many(100, () => aWaitingOrder()),
      ...many(100, () => aWaitingOrder({ manual: true })),
    ];
    const classes = plan(aPlannerState(orders), START).start.map(({ orderClass }) => orderClass);
    expect(classes).toHaveLength(50);
    expect(classes.filter((name) => name === 'revoked')).toHaveLength(43);
    expect(classes).toContain('manual');
    expect(classes).toContain('new');
  });

  it('exempt orders although every bucket is empty', () => {
    const buckets = new Map([
      [DOMAIN, primed(domainLimit, START, 0)],
      [ORDERS, primed(orderLimit, START, 0)],
    ]);
    const exempt = anExemptRenewal();
    const ari = aWaitingOrder({
      replacesWindow: { start: START - DAY, end: START + DAY },
      expiresAt: START + 15 * DAY,
    });
    expect(started(aPlannerState([aWaitingOrder(), exempt, ari], { buckets })).toSorted()).toEqual(
      [exempt, ari].toSorted(),
    );
  });

  it('no new device from an empty domain, and asks again when one more fits', () => {
    const state = aPlannerState([aWaitingOrder()], { buckets: domainLeft(0) });
    const { start, wakeAt } = plan(state, START);
    expect(start).toEqual([]);
    expect(wakeAt).toBe(START + domainLimit.intervalMilliseconds);
    expect(plan(state, wakeAt! - 1).start).toEqual([]);
    expect(plan(state, wakeAt!).start).toHaveLength(1);
  });

  it('what is left in one domain while the other is empty', () => {
    const orders = [aWaitingOrder(), aWaitingOrder({ zone: 'd.example.org' })];
    expect(started(aPlannerState(orders, { buckets: domainLeft(0) }))).toEqual([orders[1]]);
  });

  it('an order in two domains only when both have room', () => {
    const both = aWaitingOrder({ names: ['a.example.com', 'a.example.org'] });
    expect(started(aPlannerState([both], { buckets: domainLeft(0) }))).toEqual([]);
    expect(started(aPlannerState([both], { buckets: domainLeft(1) }))).toEqual([both]);
  });

  it('everything under no limits, up to the slots', () => {
    const state = aPlannerState(
      many(1000, () => aWaitingOrder()),
      { profile: BUILTIN_PROFILES.none, inFlightLimit: 500 },
    );
    expect(started(state)).toHaveLength(475);
  });

  it('nothing while the CA is closed', () => {
    const state = aPlannerState([anExemptRenewal()], { closedUntil: START + 5000 });
    expect(plan(state, START)).toMatchObject({ start: [], wakeAt: START + 5000 });
    expect(plan(state, START + 5000).start).toHaveLength(1);
  });

  it('a deferred order when its time has come', () => {
    const run = new PlannerRun([aWaitingOrder({ notBefore: START + 60_000 })]);
    expect(run.step()).toMatchObject({ start: [], wakeAt: START + 60_000 });
    run.run();
    expect(run.started.map(({ at }) => at)).toEqual([START + 60_000]);
  });

  it('each order with the reservations that its claim has to make', () => {
    const [start] = plan(aPlannerState([aWaitingOrder({ names: ['a.d.example.com'] })]), START).start;
    expect(start!.spends.map(({ limitName, cost, checked, keptBack }) => [limitName, cost, checked, keptBack])).toEqual(
      [
        ['new-orders', 1, true, 10],
        ['certificates-per-domain', 1, true, 2],
        ['certificates-per-exact-set', 1, true, 0],
        ['failed-authorizations', 1, true, 0],
        ['consecutive-failures', 1, true, 0],
      ],
    );
  });

  it('an order whose exemption has run out only with what it then spends', () => {
    const order = anExemptRenewal({ sameNamesIssuedAt: START - 119 * DAY });
    const buckets = new Map([[DOMAIN, primed(domainLimit, START + 3 * DAY, 0)]]);
    const state = aPlannerState([order], { buckets });
    expect(plan(state, START).start).toHaveLength(1);
    const late = plan(state, START + 3 * DAY);
    expect(late.start).toEqual([]);
    expect(late.postpone.map(({ order: { id }, bucket }) => [id, bucket.key])).toEqual([[order.id, DOMAIN]]);
  });
});

describe('a share is kept back', () => {
  it('of the burst for retries by hand', () => {
    const state = aPlannerState(
      many(100, () => aWaitingOrder()),
      { inFlightLimit: 200 },
    );
    expect(started(state)).toHaveLength(48);
    const manual = aWaitingOrder({ manual: true });
    const buckets = new Map([[DOMAIN, primed(domainLimit, START, 2)]]);
    expect(started(aPlannerState([aWaitingOrder()], { buckets }))).toEqual([]);
    expect(started(aPlannerState([aWaitingOrder(), manual], { buckets }))[0]).toBe(manual);
  });

  it('of the refill for retries by hand, and no more: a thousand of them hold nobody up', () => {
    const run = new PlannerRun([
      ...many(1000, () => aWaitingOrder({ manual: true })),
      ...many(300, () => aWaitingOrder()),
    ]);
    run.run(START + 30 * DAY);
    const manual = run.started.filter(({ orderClass }) => orderClass === 'manual').length;
    expect(run.started.length).toBeGreaterThan(250);
    expect(manual / run.started.length).toBeGreaterThan(0.3);
    expect(manual / run.started.length).toBeLessThan(0.36);
  });

  it('of the burst for new devices that may come, from renewals that spend a slot and have time', () => {
    const renewals = many(100, () => aWaitingOrder({ expiresAt: START + 20 * DAY }));
    expect(started(aPlannerState(renewals, { inFlightLimit: 200 }))).toHaveLength(43);
    const atRisk = many(100, () => aWaitingOrder({ expiresAt: START + DAY }));
    expect(started(aPlannerState(atRisk, { inFlightLimit: 200 }))).toHaveLength(48);
  });

  it('of the refill for new devices: one in ten while renewals want it all', () => {
    const run = new PlannerRun([
      ...many(300, () => aWaitingOrder({ expiresAt: START + DAY })),
      ...many(300, () => aWaitingOrder()),
    ]);
    run.run(START + 30 * DAY);
    const fresh = run.started.filter(({ orderClass }) => orderClass === 'new').length;
    expect(run.started.length).toBeGreaterThan(250);
    expect(fresh / run.started.length).toBeGreaterThan(0.09);
    expect(fresh / run.started.length).toBeLessThan(0.13);
  });

  it('and wasted by nobody: new devices get the whole refill when no renewal wants it', () => {
    const run = new PlannerRun(many(200, () => aWaitingOrder()));
    run.run();
    const end = run.started.at(-1)!.at;
    expect(end - START).toBeLessThan((200 - 48) * domainLimit.intervalMilliseconds + 60_000);
  });
});

describe("a device's own buckets", () => {
  it('postpone its order, with the time and the limit, and let the others pass', () => {
    const stuck = aWaitingOrder({ requestedAt: START - DAY });
    const exactSet = bucketKey('certificates-per-exact-set', stuck.exactSet);
    const limit = gcraLimit(letsencrypt.limits['certificates-per-exact-set']!);
    const next = aWaitingOrder();
    const buckets = new Map([[exactSet, primed(limit, START, 0)]]);
    const { start, postpone } = plan(aPlannerState([stuck, next], { buckets }), START);
    expect(start.map(({ order }) => order)).toEqual([next]);
    expect(postpone).toEqual([expect.objectContaining({ order: stuck, until: START + limit.intervalMilliseconds })]);
  });

  it('never let more orders for a name in flight than it may fail', () => {
    const names = ['same.d.example.com'];
    const run = new PlannerRun(
      many(12, () => aWaitingOrder({ names })),
      { fails: () => true },
    );
    run.step();
    expect(run.started).toHaveLength(5);
    run.run(START + 2 * 3_600_000);
    const failedSince = (from: number) => run.started.filter(({ at }) => at >= from).length;
    // The bucket holds 5 and gets one more every 12 minutes.
    expect(failedSince(START)).toBe(12);
    expect(failedSince(START + 60_000)).toBe(7);
    expect(failedSince(START + 3_600_000)).toBeLessThanOrEqual(5);
  });

  it('are looked at again when the orders in flight for the same names may have ended', () => {
    const names = ['same.d.example.com'];
    const run = new PlannerRun(
      many(6, () => aWaitingOrder({ names })),
      { fails: () => true },
    );
    const { postpone } = run.step();
    expect(postpone.map(({ until }) => until)).toEqual([START + 20_000]);
  });
});
