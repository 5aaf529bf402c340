import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type CaCondition, chooseCa, isLate, type OrderToPlace } from './ca-choice.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-01T00:00:00Z');
const context = { now: NOW, patienceMilliseconds: HOUR / 2 };

const well = (directoryUrl: string): CaCondition => ({ directoryUrl, paused: false });
const down = (directoryUrl: string): CaCondition => ({
  directoryUrl,
  paused: false,
  trouble: { since: NOW - HOUR, cause: 'fault', detail: 'it is ill', probeAt: NOW, probes: 0 },
});
const paused = (directoryUrl: string): CaCondition => ({ directoryUrl, paused: true });

function anOrder(change: Partial<OrderToPlace> = {}): OrderToPlace {
  return { home: 'a', pausedAt: new Set(), estimates: new Map(), ...change };
}

describe('chooseCa', () => {
  it('leaves an order at home', () => {
    expect(chooseCa(anOrder({ home: 'b' }), [well('a'), well('b')], context)).toEqual({ ca: 'b' });
    expect(chooseCa(anOrder({ home: 'gone' }), [well('a'), well('b')], context)).toEqual({ ca: 'a' });
  });

  it('goes to the next one that is well when home is down or has paused us', () => {
    expect(chooseCa(anOrder(), [down('a'), paused('b'), well('c')], context)).toEqual({ ca: 'c', why: 'down' });
    expect(chooseCa(anOrder(), [paused('a'), well('b')], context)).toEqual({ ca: 'b', why: 'paused' });
    expect(chooseCa(anOrder({ home: 'b' }), [well('a'), down('b')], context)).toEqual({ ca: 'a', why: 'down' });
  });

  it('passes a CA by that has paused a name of the order', () => {
    const order = anOrder({ pausedAt: new Set(['a', 'b']) });
    expect(chooseCa(order, [well('a'), well('b'), well('c')], context)).toEqual({ ca: 'c', why: 'paused' });
  });

  it('returns home as soon as nothing is in the way there', () => {
    expect(chooseCa(anOrder({ ca: 'b', why: 'down' }), [well('a'), well('b')], context)).toEqual({ ca: 'a' });
  });

  it('goes elsewhere when home would issue after the deadline', () => {
    const deadline = NOW + 10 * DAY;
    const late = new Map([['a', NOW + 20 * DAY]]);
    expect(chooseCa(anOrder({ deadline, estimates: late }), [well('a'), well('b')], context)).toEqual({
      ca: 'b',
      why: 'late',
    });
    const inTime = new Map([['a', NOW + 8 * DAY]]);
    expect(chooseCa(anOrder({ deadline, estimates: inTime }), [well('a'), well('b')], context)).toEqual({ ca: 'a' });
  });

  it('keeps one where it is that left because home was too slow', () => {
    const order = anOrder({ ca: 'b', why: 'late', deadline: NOW + DAY });
    expect(chooseCa(order, [well('a'), well('b')], context)).toEqual({ ca: 'b', why: 'late' });
    expect(chooseCa(order, [well('a'), down('b')], context)).toEqual({ ca: 'a' });
  });

  it('goes where it is late by least when all would issue after the deadline', () => {
    const estimates = new Map([
      ['a', NOW + 30 * DAY],
      ['b', NOW + 20 * DAY],
    ]);
    const order = anOrder({ ca: 'a', deadline: NOW + DAY, estimates });
    expect(chooseCa(order, [well('a'), well('b')], context)).toEqual({ ca: 'b', why: 'late' });
    const other = anOrder({ ca: 'a', deadline: NOW + DAY, estimates: new Map([...estimates, ['b', NOW + 40 * DAY]]) });
    expect(chooseCa(other, [well('a'), well('b')], context)).toEqual({ ca: 'a' });
  });

  it('does not change between CAs that are late by about as much', () => {
    const estimates = new Map([
      ['a', NOW + 30 * DAY],
      ['b', NOW + 26 * DAY],
    ]);
    const order = { deadline: NOW + DAY, estimates };
    expect(chooseCa(anOrder({ ...order, ca: 'a' }), [well('a'), well('b')], context)).toEqual({ ca: 'a' });
    expect(chooseCa(anOrder({ ...order, ca: 'b', why: 'late' }), [well('a'), well('b')], context)).toEqual({
      ca: 'b',
      why: 'late',
    });
  });

  it('stays when no CA can be ordered from', () => {
    expect(chooseCa(anOrder({ ca: 'b', why: 'down' }), [down('a'), down('b')], context)).toEqual({
      ca: 'b',
      why: 'down',
    });
    expect(chooseCa(anOrder({ ca: 'staging', why: 'rehearsal' }), [down('a'), paused('b')], context)).toEqual({
      ca: 'a',
    });
  });

  it('does not wait for the patience when the certificate ends before', () => {
    const troubled: CaCondition = { ...down('a'), trouble: { ...down('a').trouble!, since: NOW - 1 } };
    expect(chooseCa(anOrder(), [troubled, well('b')], context)).toEqual({ ca: 'a' });
    expect(chooseCa(anOrder({ deadline: NOW + HOUR }), [troubled, well('b')], context)).toEqual({
      ca: 'b',
      why: 'down',
    });
  });

  it('never chooses a CA with an obstacle while another one has none, and decides the same again', () => {
    const urls = ['a', 'b', 'c'];
    const condition = (url: string) => fc.constantFrom(well(url), down(url), paused(url));
    const orders = fc.record({
      ca: fc.option(fc.constantFrom(...urls), { nil: undefined }),
      home: fc.constantFrom(...urls),
      deadline: fc.option(fc.integer({ min: 2 * HOUR, max: 40 * DAY }), { nil: undefined }),
      names: fc.subarray(urls),
      estimates: fc.dictionary(fc.constantFrom(...urls), fc.nat(60 * DAY)),
    });
    fc.assert(
      fc.property(fc.tuple(...urls.map(condition)), orders, (cas, { ca, home, deadline, names, estimates }) => {
        const order: OrderToPlace = {
          ...(ca !== undefined && { ca }),
          home,
          ...(deadline !== undefined && { deadline: NOW + deadline }),
          pausedAt: new Set(names),
          estimates: new Map(Object.entries(estimates).map(([url, wait]) => [url, NOW + wait])),
        };
        const isFree = (url: string): boolean => {
          const estimate = order.estimates.get(url);
          const late = estimate !== undefined && order.deadline !== undefined && isLate(estimate, order.deadline, NOW);
          const { paused: isPaused, trouble } = cas.find(({ directoryUrl }) => directoryUrl === url)!;
          return !isPaused && trouble === undefined && !names.includes(url) && !late;
        };
        const placed = chooseCa(order, cas, context);
        expect(urls).toContain(placed.ca);
        if (urls.some(isFree)) expect(isFree(placed.ca)).toBe(true);
        if (isFree(home)) expect(placed).toEqual({ ca: home });
        expect(chooseCa({ ...order, ...placed }, cas, context).ca).toBe(placed.ca);
      }),
    );
  });
});
