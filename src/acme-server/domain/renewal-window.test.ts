import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addSeconds } from '../../kernel/clock.js';
import { isWithin, renewalWindow } from './renewal-window.js';

const START = new Date('2026-03-01T00:00:00Z');
const certificate = (seconds: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: START,
  notAfter: addSeconds(START, seconds - 1),
});

describe('the renewal window', () => {
  it.each([
    [90 * 86_400, 60 * 86_400],
    [45 * 86_400, 30 * 86_400],
    [160 * 3600, 80 * 3600],
  ])('of a certificate for %i seconds is around second %i', (lifetime, middle) => {
    const { start, end } = renewalWindow(certificate(lifetime), START);
    const found = (start.getTime() + end.getTime()) / 2 - START.getTime();
    expect(Math.abs(found / 1000 - middle)).toBeLessThanOrEqual(1);
  });

  it('is never empty, and lies inside the lifetime', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 400 * 86_400 }), (lifetime) => {
        const { start, end } = renewalWindow(certificate(lifetime), START);
        expect(start < end).toBe(true);
        expect(start >= START).toBe(true);
        expect(end <= addSeconds(START, lifetime)).toBe(true);
      }),
    );
  });

  it('of a revoked certificate is over', () => {
    const revoked = { at: START, reason: 0 };
    const { start, end } = renewalWindow({ ...certificate(86_400), revoked }, START);
    expect(start < end).toBe(true);
    expect(end < START).toBe(true);
  });

  it('is the operator’s when there is one', () => {
    const window = { start: START, end: addSeconds(START, 1), explanationUrl: 'https://ca.test' };
    const revoked = { at: START, reason: 0 };
    expect(renewalWindow({ ...certificate(86_400), revoked, renewalWindow: window }, START)).toBe(window);
  });

  it('has its start in it, and not its end', () => {
    const window = { start: START, end: addSeconds(START, 10) };
    expect([-1, 0, 9, 10].map((seconds) => isWithin(window, addSeconds(START, seconds)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
