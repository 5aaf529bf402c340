import { describe, expect, it } from 'vitest';

import { revocationReason } from './revocation-reason.js';

describe('revocationReason', () => {
  it('reads the name and the number of RFC 5280', () => {
    expect(revocationReason('keyCompromise')).toBe('keyCompromise');
    expect(revocationReason(1)).toBe('keyCompromise');
    expect(revocationReason(0)).toBe('unspecified');
  });

  it('knows no reason that a subscriber may not give', () => {
    expect(revocationReason('cACompromise')).toBeUndefined();
    expect(revocationReason(6)).toBeUndefined();
    expect(revocationReason('toString')).toBeUndefined();
  });
});
