import { describe, expect, it } from 'vitest';

import { type OrderCandidate, selectOrders } from './order-selection.js';

const now = new Date('2026-03-01T12:00:00Z');

function aCandidate(id: string, minutesAgo: number, change: Partial<OrderCandidate> = {}): OrderCandidate {
  const queuedAt = new Date(now.getTime() - minutesAgo * 60_000);
  return { id, queuedAt, nextAttemptAt: queuedAt, started: false, ...change };
}

function ids(candidates: readonly OrderCandidate[], count = 10): string[] {
  return selectOrders(candidates, now, count).map(({ id }) => id);
}

describe('selectOrders', () => {
  it('takes the oldest first', () => {
    expect(ids([aCandidate('new', 1), aCandidate('old', 9), aCandidate('middle', 5)])).toEqual([
      'old',
      'middle',
      'new',
    ]);
  });

  it('leaves what is not due', () => {
    const later = new Date(now.getTime() + 1);
    expect(
      ids([aCandidate('deferred', 9, { nextAttemptAt: later }), aCandidate('due', 1, { nextAttemptAt: now })]),
    ).toEqual(['due']);
  });

  it('finishes what the CA has begun before it begins something new', () => {
    expect(ids([aCandidate('old', 9), aCandidate('begun', 1, { started: true })])).toEqual(['begun', 'old']);
  });

  it('takes no more than there is room for', () => {
    expect(ids([aCandidate('a', 3), aCandidate('b', 2), aCandidate('c', 1)], 2)).toEqual(['a', 'b']);
    expect(ids([aCandidate('a', 3)], 0)).toEqual([]);
  });
});
