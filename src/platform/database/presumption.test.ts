import { describe, expect, it } from 'vitest';

import { PresumptionPace } from './presumption.js';

/** How many of so many transactions presume, when what they presume is always wrong. */
function presumingOf(transactions: number, pace: PresumptionPace): number {
  let presuming = 0;
  for (let count = 0; count < transactions; count += 1) {
    if (!pace.mayPresume()) continue;
    presuming += 1;
    pace.wasWrong();
  }
  return presuming;
}

describe('the pace of presumptions', () => {
  it('is every transaction while they are right', () => {
    const pace = new PresumptionPace();
    for (let count = 0; count < 100; count += 1) {
      expect(pace.mayPresume()).toBe(true);
      pace.wasRight();
    }
  });

  it('is one of 257 transactions at last while they are wrong', () => {
    const pace = new PresumptionPace();
    expect(presumingOf(1000, pace)).toBeLessThan(12);
    expect(presumingOf(2570, pace)).toBe(10);
  });

  it('comes back as they are right again, and skips one transaction after a single wrong one', () => {
    const pace = new PresumptionPace();
    presumingOf(1000, pace);
    while (!pace.mayPresume());
    for (let count = 0; count < 256; count += 1) pace.wasRight();
    pace.wasWrong();
    expect([pace.mayPresume(), pace.mayPresume()]).toEqual([false, true]);
  });

  it('stays low while most are wrong', () => {
    const pace = new PresumptionPace();
    let presumed = 0;
    for (let count = 0; count < 10_000; count += 1) {
      if (!pace.mayPresume()) continue;
      presumed += 1;
      if (presumed % 3 === 0) pace.wasRight();
      else pace.wasWrong();
    }
    expect(presumed).toBeLessThan(150);
  });
});
