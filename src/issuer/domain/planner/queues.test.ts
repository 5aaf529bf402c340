import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { aWaitingOrder, ACCOUNT, anExemptRenewal, START } from '../../../../test/support/planner.js';
import { BUILTIN_PROFILES } from '../limits/builtin-profiles.js';
import { FairShares } from './fair-shares.js';
import { ORDER_CLASSES, sortKey } from './order-class.js';
import { OrderQueue } from './order-queue.js';
import type { WaitingOrder } from './waiting-order.js';
import { WaitingQueues } from './waiting-queues.js';

const idsOf = (queue: OrderQueue) => Array.from({ length: queue.length }, (_, i) => queue.at(i)!.id);

describe('an order queue', () => {
  const order = aWaitingOrder();
  const actions = fc.array(
    fc.record({
      key: fc.integer({ min: 0, max: 30 }),
      remove: fc.option(fc.double({ min: 0, max: 0.999, noNaN: true })),
    }),
    { maxLength: 400 },
  );

  it('is sorted by key, equal ones in the order of their coming, whatever is added and removed', () => {
    fc.assert(
      fc.property(actions, (steps) => {
        const queue = new OrderQueue(sortKey);
        let naive: { id: string; key: number }[] = [];
        steps.forEach(({ key, remove }, i) => {
          const victim = remove === null ? undefined : naive[Math.floor(remove * naive.length)];
          if (victim) {
            expect(queue.remove(victim.id, victim.key)).toBe(true);
            naive = naive.filter(({ id }) => id !== victim.id);
          } else {
            queue.add({ ...order, id: String(i), requestedAt: key });
            naive.push({ id: String(i), key });
            naive = naive.toSorted((a, b) => a.key - b.key);
          }
          expect(idsOf(queue)).toEqual(naive.map(({ id }) => id));
        });
      }),
    );
  });

  it('gives back the room of what was removed at the head', () => {
    const queue = new OrderQueue(sortKey);
    for (let i = 0; i < 5000; i++) queue.add({ ...order, id: String(i), requestedAt: i });
    for (let i = 0; i < 4990; i++) queue.remove(String(i), i);
    expect(idsOf(queue)).toEqual(['4990', '4991', '4992', '4993', '4994', '4995', '4996', '4997', '4998', '4999']);
    expect(queue.remove('1', 1)).toBe(false);
    expect(queue.remove('4990', 1)).toBe(false);
  });

  it.each([
    ['whole keys', (key: number) => key],
    ['fractions', (key: number) => key / 7],
    ['keys far apart', (key: number) => key * 1e13],
  ])('sorts many at once: %s', (_, keyOf) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (keys) => {
        const queue = new OrderQueue(sortKey);
        keys.forEach((key, i) => queue.append({ ...order, id: String(i), requestedAt: keyOf(key) }));
        queue.sort();
        const sorted = keys.map((key, i) => ({ key, i })).toSorted((a, b) => a.key - b.key || a.i - b.i);
        expect(idsOf(queue)).toEqual(sorted.map(({ i }) => String(i)));
      }),
    );
  });
});

/** Every queue of the lanes that hold orders, with what is in it. */
function contentsOf(queues: WaitingQueues): unknown {
  const lanes = [...queues.lanes].map((lane) => ({
    spends: lane.spends.map(({ key }) => key),
    classes: ORDER_CLASSES.map((name) =>
      name === 'revoked' || name === 'renewal'
        ? idsOf(lane[name])
        : [...lane[name]].map(([group, queue]) => [group, idsOf(queue)]).toSorted(),
    ),
  }));
  return { lanes: lanes.map((lane) => JSON.stringify(lane)).toSorted(), deferred: idsOf(queues.deferred) };
}

describe('the waiting queues', () => {
  const orders: fc.Arbitrary<WaitingOrder[]> = fc.array(
    fc
      .record({ kind: fc.integer({ min: 0, max: 4 }), zone: fc.constantFrom('d.example.com', 'd.example.org') })
      .map(({ kind, zone }) => {
        if (kind === 0) return anExemptRenewal({ zone });
        if (kind === 1) return anExemptRenewal({ zone, revoked: true });
        if (kind === 2) return aWaitingOrder({ zone, manual: true, group: 'm' });
        return aWaitingOrder({ zone, group: `g${kind}`, ...(kind === 4 && { notBefore: START + 1000 }) });
      }),
    { maxLength: 60 },
  );

  it('are the same built at once or one by one', () => {
    fc.assert(
      fc.property(orders, (waiting) => {
        const { letsencrypt } = BUILTIN_PROFILES;
        const oneByOne = new WaitingQueues(letsencrypt, ACCOUNT);
        for (const order of waiting) oneByOne.add(order, START);
        expect(contentsOf(oneByOne)).toEqual(contentsOf(WaitingQueues.of(letsencrypt, ACCOUNT, waiting, START)));
        oneByOne.advance(START + 1000);
        expect(contentsOf(oneByOne)).toEqual(contentsOf(WaitingQueues.of(letsencrypt, ACCOUNT, waiting, START + 1000)));
      }),
    );
  });

  it('forget an order that is removed', () => {
    const queues = new WaitingQueues(BUILTIN_PROFILES.letsencrypt, ACCOUNT);
    const waiting = [aWaitingOrder({ group: 'a' }), aWaitingOrder({ notBefore: START + 1 }), anExemptRenewal()];
    for (const order of waiting) queues.add(order, START);
    for (const { id } of waiting) expect(queues.remove(id)).toBe(true);
    expect(queues.remove(waiting[0]!.id)).toBe(false);
    for (const lane of queues.lanes) expect([lane.renewal.length, lane.new.size, lane.manual.size]).toEqual([0, 0, 0]);
    expect(queues.deferred.length).toBe(0);
  });
});

describe('fair shares', () => {
  it('serve by weight', () => {
    const shares = new FairShares(new Map());
    const served = { a: 0, b: 0 };
    for (let i = 0; i < 400; i++) {
      const flow = shares.startOf('pool', 'a') <= shares.startOf('pool', 'b') ? 'a' : 'b';
      served[flow] += 1;
      shares.serve('pool', flow, flow === 'a' ? 3 : 1);
    }
    expect(served).toEqual({ a: 300, b: 100 });
  });

  it('keep no more than what is ahead of the virtual time, and pools apart', () => {
    const shares = new FairShares(new Map());
    for (let i = 0; i < 100; i++) shares.serve('one', `flow ${i}`);
    shares.serve('one', 'flow 0');
    shares.serve('two', 'flow 0');
    const tags = shares.tags();
    expect([...tags.get('one')!.finish]).toEqual([['flow 0', 2]]);
    expect(tags.get('two')!.virtualTime).toBe(0);
    const later = new FairShares(tags);
    expect(later.startOf('one', 'flow 1')).toBe(1);
    expect(later.startOf('one', 'flow 0')).toBe(2);
  });

  it('leave the tags that they were given as they were', () => {
    const before = new FairShares(new Map());
    before.serve('pool', 'a');
    const tags = before.tags();
    const copy = structuredClone(tags);
    new FairShares(tags).serve('pool', 'a');
    expect(tags).toEqual(copy);
  });
});
