import { describe, expect, it } from 'vitest';

import { DomainError } from '../../../kernel/errors.js';
import { BUILTIN_PROFILES } from './builtin-profiles.js';
import { parseLimits } from './parse-limits.js';

function errorsOf(value: unknown): Record<string, string> {
  try {
    parseLimits(JSON.stringify(value), 'file');
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return Object.fromEntries((error.errors ?? []).map(({ field, detail }) => [field, detail]));
  }
  throw new Error('it was accepted');
}

describe('a file of limits', () => {
  it('takes over a built-in profile and changes what it names', () => {
    const profile = parseLimits(
      JSON.stringify({
        name: 'ours',
        extends: 'letsencrypt',
        limits: { 'new-orders': { burst: 600, count: 300, period: '3h' }, 'directory-requests': null },
        overrides: [{ limit: 'certificates-per-domain', for: 'example.com', count: 5000, period: '7d' }],
      }),
      'file',
    );
    expect(profile).toEqual({
      ...BUILTIN_PROFILES.letsencrypt,
      name: 'ours',
      limits: {
        ...BUILTIN_PROFILES.letsencrypt.limits,
        'new-orders': { burst: 600, count: 300, periodSeconds: 10_800 },
        'directory-requests': null,
      },
      overrides: [
        {
          limit: 'certificates-per-domain',
          for: 'example.com',
          values: { burst: 5000, count: 5000, periodSeconds: 604_800 },
        },
      ],
    });
  });

  it('starts from no limits for another CA', () => {
    const profile = parseLimits('{"limits":{"new-orders":{"count":100,"period":"1h"}}}', 'other-ca');
    expect(profile.name).toBe('other-ca');
    expect(profile.limits['new-orders']).toEqual({ burst: 100, count: 100, periodSeconds: 3600 });
    expect(profile.limits['certificates-per-domain']).toBeNull();
    expect(profile.exemptions).toEqual({ ari: false, sameNamesDays: 0 });
  });

  it('sets what is exempt', () => {
    expect(parseLimits('{"exemptions":{"ari":true,"sameNamesDays":30}}', 'x').exemptions).toEqual({
      ari: true,
      sameNamesDays: 30,
    });
  });

  it('names every wrong field at once', () => {
    const errors = errorsOf({
      extends: 'letsencript',
      color: 1,
      limits: { 'new-order': null, 'new-orders': { burst: 0, count: 1.5, period: '3 hours', per: 1 } },
      overrides: [
        { limit: 'certificates-per-domain', for: 'd.example.com', count: 5, period: '7d' },
        { limit: 'x', for: 'y' },
        { limit: 'new-orders', count: 5, period: '7d' },
        7,
      ],
      exemptions: { ari: 'yes', sameNamesDays: -1 },
    });
    expect(Object.keys(errors).toSorted()).toEqual(
      [
        'color',
        'exemptions.ari',
        'exemptions.sameNamesDays',
        'extends',
        'limits.new-order',
        'limits.new-orders.burst',
        'limits.new-orders.count',
        'limits.new-orders.per',
        'limits.new-orders.period',
        'overrides[0].for',
        'overrides[1].limit',
        'overrides[2].for',
        'overrides[3]',
      ].toSorted(),
    );
    expect(errors['overrides[0].for']).toContain('is example.com');
  });

  it.each([
    ['{', /not JSON/],
    ['[]', /expected an object/],
    ['{"limits":[]}', /limits: expected an object/],
    ['{"overrides":{}}', /overrides: expected an array/],
    ['{"name":""}', /name: expected a text/],
    ['{"exemptions":1}', /exemptions: expected an object/],
    ['{"limits":{"new-orders":7}}', /limits\.new-orders: expected/],
  ])('%s is refused', (json, message) => {
    expect(() => parseLimits(json, 'file')).toThrow(
      expect.objectContaining({ code: 'invalid_request', detail: expect.stringMatching(message) }),
    );
  });
});
