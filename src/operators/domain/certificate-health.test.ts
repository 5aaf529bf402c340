import { describe, expect, it } from 'vitest';

import { certificateHealth } from './certificate-health.js';

const certificate = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  renewAt: new Date('2026-03-02T00:00:00Z'),
  notAfter: new Date('2026-04-01T00:00:00Z'),
};

describe('certificateHealth', () => {
  it.each([
    ['ok', '2026-02-01T00:00:00Z', 'issued'],
    ['renewing', '2026-03-10T00:00:00Z', 'queued'],
    ['failing', '2026-03-10T00:00:00Z', 'failed'],
    ['at-risk', '2026-03-18T00:00:00Z', 'failed'],
    ['expired', '2026-04-01T00:00:00Z', 'failed'],
  ])('is %s at %s when the newest order is %3$s', (health, now, order) => {
    expect(certificateHealth(certificate, order, new Date(now), 1 / 6)).toBe(health);
  });

  it('is none before the first certificate, and failing when its order failed', () => {
    expect(certificateHealth(undefined, undefined, new Date(), 1 / 6)).toBe('none');
    expect(certificateHealth(undefined, 'issuing', new Date(), 1 / 6)).toBe('none');
    expect(certificateHealth(undefined, 'failed', new Date(), 1 / 6)).toBe('failing');
  });

  it('is at risk by the part of the lifetime that is configured', () => {
    const now = new Date('2026-03-10T00:00:00Z');
    expect(certificateHealth(certificate, 'issued', now, 0.2)).toBe('renewing');
    expect(certificateHealth(certificate, 'issued', now, 0.25)).toBe('at-risk');
  });
});
