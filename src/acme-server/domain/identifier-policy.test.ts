import { describe, expect, it } from 'vitest';

import { rejectName } from './identifier-policy.js';

const policy = { maxNames: 100, publicSuffixRequired: false };
const publicPolicy = { ...policy, publicSuffixRequired: true };

describe('a name in an order', () => {
  it.each([
    'a.test',
    'k2v7.fleet.test',
    '*.k2v7.fleet.test',
    '10-1-1-4.k2v7.fleet.test',
    'xn--bcher-kva.test',
    `${'a'.repeat(63)}.test`,
    'a.b.c.d.e.f.g.h.i.test',
    '1.2.3.test',
  ])('may be %s', (name) => {
    expect(rejectName(name, policy)).toBeUndefined();
  });

  it.each([
    ['test', 'Domain name needs at least one dot'],
    ['a..test', 'Domain name can not have two dots in a row'],
    ['.a.test', 'Domain name can not have two dots in a row'],
    ['a.test.', 'Domain name ends in a dot'],
    ['under_score.test', 'Domain name contains an invalid character'],
    ['-a.test', 'Domain name contains an invalid character'],
    ['a-.test', 'Domain name contains an invalid character'],
    ['bücher.test', 'Domain name contains an invalid character'],
    ['a b.test', 'Domain name contains an invalid character'],
    ['a\0.test', 'Domain name contains an invalid character'],
    ['10.0.0.1', 'The ACME server can not issue a certificate for an IP address'],
    ['fd00::1', 'Domain name contains an invalid character'],
    [`${'a'.repeat(64)}.test`, 'Domain has a label (component between dots) longer than 63 bytes'],
    [`${'abcdefghi.'.repeat(25)}test.x`, 'Domain name is longer than 253 bytes'],
    ['a.b.c.d.e.f.g.h.i.j.test', 'Domain name has more than 10 labels (parts)'],
    ['xn--0.test', 'Domain name contains malformed punycode'],
    ['ab--c.test', "Domain name contains an invalid label in a reserved format (R-LDH: '??--')"],
    ['*.*.test', 'Domain name has more than one wildcard'],
    [
      'a.*.test',
      'Domain name contains an invalid wildcard. A wildcard is only permitted before the first dot in a domain name',
    ],
    [
      'a*.test',
      'Domain name contains an invalid wildcard. A wildcard is only permitted before the first dot in a domain name',
    ],
    [
      '*',
      'Domain name contains an invalid wildcard. A wildcard is only permitted before the first dot in a domain name',
    ],
    ['*.test', 'Domain name needs at least one dot'],
    ['', 'Domain name needs at least one dot'],
  ])('cannot be %j', (name, detail) => {
    expect(rejectName(name, policy)?.detail).toBe(detail);
  });

  it.each([
    ['a.fleet.test', 'Domain name does not end with a valid public suffix (TLD)'],
    ['co.uk', 'Domain name is an ICANN TLD'],
    ['*.co.uk', 'Domain name is a wildcard for an ICANN TLD'],
    ['example.co.uk', undefined],
    // The private part of the list is no bar: GitHub may have a certificate for github.io.
    ['github.io', undefined],
    ['*.github.io', undefined],
  ])('as at a public CA: %s', (name, detail) => {
    expect(rejectName(name, publicPolicy)?.detail).toBe(detail);
  });
});
