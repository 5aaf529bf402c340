import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { retryDelaySeconds } from './backoff.js';

describe('retryDelaySeconds', () => {
  it('waits 1 min, 10 min, 100 min, then daily', () => {
    expect([1, 2, 3, 4, 5, 400].map((failures) => retryDelaySeconds(failures, 0))).toEqual([
      60, 600, 6_000, 86_400, 86_400, 86_400,
    ]);
  });

  it('never waits less than the step, nor a tenth more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, random) => {
          const plain = retryDelaySeconds(failures, 0);
          const jittered = retryDelaySeconds(failures, random);
          expect(jittered).toBeGreaterThanOrEqual(plain);
          expect(jittered).toBeLessThanOrEqual(plain * 1.1);
        },
      ),
    );
  });
});
