import { describe, expect, it } from 'vitest';

import { acmeServerOptions } from './options.js';

describe('options', () => {
  it('have Let’s Encrypt’s production limits, but none for new accounts', () => {
    const { limits } = acmeServerOptions().limits;
    expect(limits.certificatesPerDomain).toEqual({ burst: 50, count: 50, periodSeconds: 604_800 });
    expect(limits.newOrdersPerAccount).toEqual({ burst: 300, count: 300, periodSeconds: 10_800 });
    expect(limits.newAccountsPerAddress).toBe('off');
  });

  it('change one limit and leave the others', () => {
    const { limits } = acmeServerOptions({ limits: { certificatesPerDomain: 'off' } }).limits;
    expect(limits.certificatesPerDomain).toBe('off');
    expect(limits.certificatesPerExactSet).toEqual({ burst: 5, count: 5, periodSeconds: 604_800 });
  });

  it('turn all limits and rates off at once', () => {
    const { limits, requestRates } = acmeServerOptions({ limits: 'off', requestRates: 'off' });
    expect(new Set(Object.values(limits.limits))).toEqual(new Set(['off']));
    expect(new Set(Object.values(requestRates))).toEqual(new Set(['off']));
  });

  it('keep their defaults where undefined is given', () => {
    expect(acmeServerOptions({ pollSeconds: undefined }).pollSeconds).toBe(1);
  });

  it('must name a default profile that exists', () => {
    expect(() => acmeServerOptions({ defaultProfile: 'none' })).toThrow('not among the profiles');
  });

  it('must not slow the limits down to a halt', () => {
    expect(() => acmeServerOptions({ limitSpeedUp: 0 })).toThrow('above zero');
  });
});
