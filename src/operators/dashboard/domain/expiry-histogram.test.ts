import { describe, expect, it } from 'vitest';

import { expiryHistogram, HISTOGRAM_WEEKS } from './expiry-histogram.js';

const now = new Date('2026-11-20T00:00:00Z');

describe('expiryHistogram', () => {
  it('has a bar for the past, each coming week and what comes later, also where nothing ends', () => {
    const bars = expiryHistogram([], now);
    expect(bars.map(({ kind }) => kind)).toEqual(['expired', ...Array(HISTOGRAM_WEEKS).fill('week'), 'later']);
    expect(bars.every(({ certificates }) => certificates === 0)).toBe(true);
  });

  it('puts every certificate in exactly one bar', () => {
    const bars = expiryHistogram(
      [
        { week: -9, certificates: 1 },
        { week: -1, certificates: 2 },
        { week: 0, certificates: 4 },
        { week: HISTOGRAM_WEEKS, certificates: 8 },
        { week: 300, certificates: 16 },
      ],
      now,
    );
    expect(bars[0]!.certificates).toBe(3);
    expect(bars[1]).toMatchObject({ week: 0, certificates: 4 });
    expect(bars.at(-1)!.certificates).toBe(24);
  });

  it('leaves no gap between the bars', () => {
    const bars = expiryHistogram([], now);
    for (const [index, bar] of bars.slice(1).entries()) expect(bar.from).toEqual(bars[index]!.to);
  });
});
