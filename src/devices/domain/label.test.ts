import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { isHostName } from '../../kernel/domain-name.js';
import { LABEL_RANDOM_OCTETS, labelFrom } from './label.js';

describe('labelFrom', () => {
  it('makes opaque host labels that differ', () => {
    const labels = new Set(Array.from({ length: 1000 }, () => labelFrom(randomBytes(LABEL_RANDOM_OCTETS))));
    expect(labels.size).toBe(1000);
    for (const label of labels) {
      expect(label).toMatch(/^[a-z][a-z2-9]{15}$/);
      expect(isHostName(`${label}.fleet.test`)).toBe(true);
    }
  });
});
