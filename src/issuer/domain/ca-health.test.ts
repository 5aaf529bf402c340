import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { afterCaFailure, afterProbe, type CaTrouble, isDown, pauseProbeDelay, pauseScope } from './ca-health.js';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-01T00:00:00Z');
const fault = { cause: 'fault', detail: 'it is ill' } as const;

describe('the trouble of a CA', () => {
  it('counts from its first failure', () => {
    const once = afterCaFailure(undefined, fault, NOW);
    const twice = afterCaFailure(once, { cause: 'unreachable', detail: 'no answer' }, NOW + MINUTE);
    expect(twice).toMatchObject({ since: NOW, cause: 'unreachable', detail: 'no answer' });
  });

  it('makes it down when the patience is over, and sooner for a certificate that ends', () => {
    const trouble = afterCaFailure(undefined, fault, NOW);
    const patience = 30 * MINUTE;
    expect(isDown(undefined, NOW, patience, NOW)).toBe(false);
    expect(isDown(trouble, NOW + patience - 1, patience)).toBe(false);
    expect(isDown(trouble, NOW + patience, patience)).toBe(true);
    expect(isDown(trouble, NOW, patience, NOW + 61 * MINUTE)).toBe(false);
    expect(isDown(trouble, NOW, patience, NOW + 60 * MINUTE)).toBe(true);
  });

  it('is looked into by one order after five minutes, then ever later, up to an hour', () => {
    const waits: number[] = [];
    let trouble: CaTrouble = afterCaFailure(undefined, fault, NOW);
    for (let i = 0; i < 6; i++) {
      waits.push((trouble.probeAt - NOW) / MINUTE);
      trouble = afterProbe(trouble, NOW);
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('never has its next look brought forward by a failure', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(90 * MINUTE)), { maxLength: 20 }), (steps) => {
        let now = NOW;
        let trouble = afterCaFailure(undefined, fault, now);
        for (const [isProbe, wait] of steps) {
          now += wait;
          const next = isProbe ? afterProbe(trouble, now) : afterCaFailure(trouble, fault, now);
          expect(next.since).toBe(NOW);
          expect(next.probeAt).toBeGreaterThan(now);
          if (!isProbe) expect(next.probeAt).toBeGreaterThanOrEqual(trouble.probeAt);
          trouble = next;
        }
      }),
    );
  });
});

describe('a pause', () => {
  it.each([
    [
      'of the names that the CA speaks of',
      'requests for a.fleet.test, b.fleet.test are paused',
      ['a.fleet.test', 'b.fleet.test'],
    ],
    ['of one of them', 'Certificates for "b.fleet.test" and possibly others: see https://ca.test/b', ['b.fleet.test']],
    ['of a wildcard by the name below it', 'paused: *.a.fleet.test', ['a.fleet.test']],
    ['at the end of a sentence', 'You may not order for A.FLEET.TEST.', ['a.fleet.test']],
  ])('is one %s', (_title, detail, names) => {
    expect(pauseScope(detail, ['*.a.fleet.test', 'a.fleet.test', 'b.fleet.test'])).toEqual({ kind: 'names', names });
  });

  it.each([
    ['speaks of no name', 'Your account is temporarily prevented from requesting certificates'],
    ['speaks of a longer name only', 'paused: aa.fleet.test, x.a.fleet.test, a.fleet.test.example'],
  ])('is one of the account when the CA %s', (_title, detail) => {
    expect(pauseScope(detail, ['a.fleet.test'])).toEqual({ kind: 'account' });
  });

  it('is tried again after an hour, then twice as long each time, up to a day', () => {
    expect([0, 1, 4, 5, 50].map((probes) => pauseProbeDelay(probes) / 3_600_000)).toEqual([1, 2, 16, 24, 24]);
  });
});
