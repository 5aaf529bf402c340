import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BUILTIN_PROFILES } from './builtin-profiles.js';
import { exactSetSubject, nameAndAccountSubject, splitBucketKey } from './bucket-key.js';
import { describeDuration, parseDuration } from './duration.js';
import { exemptionAt } from './exemption.js';
import { gcraLimit, valuesFor } from './limit-profile.js';
import { orderSpends, orderSubjects } from './order-spends.js';
import { registeredDomain, registeredDomains } from './registered-domain.js';

const ACCOUNT = 'https://ca.test/acct/1';
const order = orderSubjects(['k2v7.d.example.com']);
const { letsencrypt } = BUILTIN_PROFILES;

describe('the profile letsencrypt', () => {
  it.each([
    ['new-orders', 36],
    ['certificates-per-domain', 201.6 * 60],
    ['certificates-per-exact-set', 33.6 * 3600],
    ['failed-authorizations', 12 * 60],
    ['consecutive-failures', 86_400],
  ] as const)('refills %s by one every %d s', (name, seconds) => {
    expect(gcraLimit(letsencrypt.limits[name]!).intervalMilliseconds).toBeCloseTo(seconds * 1000, 3);
  });

  it('takes an override for the domain that it is for, and no other', () => {
    const values = { burst: 10_000, count: 10_000, periodSeconds: 604_800 };
    const profile = {
      ...letsencrypt,
      overrides: [{ limit: 'certificates-per-domain' as const, for: 'example.com', values }],
    };
    expect(valuesFor(profile, 'certificates-per-domain', 'example.com')).toEqual(values);
    expect(valuesFor(profile, 'certificates-per-domain', 'example.org')?.burst).toBe(50);
    expect(valuesFor(profile, 'new-orders', 'example.com')?.burst).toBe(300);
  });
});

/** The limits that an order touches, in order. */
const keys = (exemption?: 'ari' | 'same-names') =>
  orderSpends(letsencrypt, ACCOUNT, order, exemption).map(
    ({ limitName, checked }) => `${limitName}${checked ? '' : ' (filled)'}`,
  );

describe('what an order spends', () => {
  it('is every limit for new names', () => {
    expect(keys()).toEqual([
      'new-orders',
      'certificates-per-domain',
      'certificates-per-exact-set',
      'failed-authorizations',
      'consecutive-failures',
    ]);
  });

  it('is the exact set and the failures for the same names within 120 days', () => {
    expect(keys('same-names')).toEqual(['certificates-per-exact-set', 'failed-authorizations', 'consecutive-failures']);
  });

  it('fills the exact set without waiting for it under ARI', () => {
    expect(keys('ari')).toEqual([
      'certificates-per-exact-set (filled)',
      'failed-authorizations',
      'consecutive-failures',
    ]);
  });

  it('is one bucket for each registered domain, and one for a name and its wildcard', () => {
    const names = ['a.example.com', '*.a.example.com', 'a.example.org'];
    const spent = orderSpends(letsencrypt, ACCOUNT, orderSubjects(names), undefined);
    expect(spent.filter((spend) => spend.limitName === 'certificates-per-domain').map((spend) => spend.key)).toEqual([
      'certificates-per-domain:example.com',
      'certificates-per-domain:example.org',
    ]);
    expect(spent.filter((spend) => spend.limitName === 'failed-authorizations')).toHaveLength(2);
  });

  it('is nothing without limits', () => {
    expect(orderSpends(BUILTIN_PROFILES.none, ACCOUNT, order, undefined)).toEqual([]);
  });
});

describe('registered domains by the Public Suffix List', () => {
  it.each([
    ['k2v7.d.example.com', 'example.com'],
    ['k2v7.fleet.test', 'fleet.test'],
    ['a.b.co.uk', 'b.co.uk'],
    ['*.a.example.com', 'example.com'],
    ['a.x.github.io', 'x.github.io'],
    ['github.io', 'github.io'],
  ])('counts %s under %s', (name, domain) => {
    expect(registeredDomain(name)).toBe(domain);
  });

  it('pools zones in one registered domain, and separates those in several', () => {
    expect(registeredDomains(['a.one.example.com', 'a.two.example.com'])).toEqual(['example.com']);
    expect(registeredDomains(['a.example.org', 'a.example.com'])).toEqual(['example.com', 'example.org']);
  });
});

describe('bucket keys', () => {
  it('name the same exact set whatever the order, the case and repetitions', () => {
    const names = fc.uniqueArray(fc.domain(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, (set) => {
        const other = [...set, set[0]!].toReversed().map((name) => name.toUpperCase());
        expect(exactSetSubject(other)).toBe(exactSetSubject(set));
      }),
    );
    expect(exactSetSubject(['a.b'])).not.toBe(exactSetSubject(['a.b', 'c.d']));
  });

  it('count a wildcard for the name below it', () => {
    expect(nameAndAccountSubject('*.a.test', 'x')).toBe(nameAndAccountSubject('a.test', 'x'));
  });

  it('give limit and subject back, colons in the account included', () => {
    const [spend] = orderSpends(letsencrypt, ACCOUNT, order, undefined);
    expect(splitBucketKey(spend!.key)).toEqual({ limit: 'new-orders', subject: ACCOUNT });
  });
});

describe('exemptions', () => {
  const day = 86_400_000;
  const replacesWindow = { start: 60 * day, end: 62 * day };

  it.each([
    [59, undefined],
    [61, 'ari'],
    [62, undefined],
  ] as const)('by ARI on day %d of a window of days 60 to 62: %s', (at, expected) => {
    expect(exemptionAt(letsencrypt, { replacesWindow }, at * day)).toBe(expected);
  });

  it.each([
    [1, 'same-names'],
    [119, 'same-names'],
    [121, undefined],
  ] as const)('for the same names %d days after they were issued: %s', (at, expected) => {
    expect(exemptionAt(letsencrypt, { sameNamesIssuedAt: 0 }, at * day)).toBe(expected);
  });

  it('are those that the CA grants', () => {
    expect(exemptionAt(BUILTIN_PROFILES.none, { replacesWindow, sameNamesIssuedAt: 0 }, 61 * day)).toBeUndefined();
  });
});

describe('durations', () => {
  it.each([
    ['36s', 36],
    ['202m', 12_120],
    ['3h', 10_800],
    ['45d', 3_888_000],
    ['160h', 576_000],
    ['1w', 604_800],
    ['0d', undefined],
    ['45', undefined],
    ['-3d', undefined],
  ])('%s is %s seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    [36, '36 s'],
    [12_096, '3 h 21 min'],
    [604_800, '7 d'],
    [86_400 * 405, '1 y 40 d'],
    [86_400 + 59, '1 d'],
    [0, '0 s'],
  ])('%d s read as %s', (seconds, text) => {
    expect(describeDuration(seconds)).toBe(text);
  });
});
