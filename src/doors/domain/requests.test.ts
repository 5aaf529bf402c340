import { describe, expect, it } from 'vitest';

import { isChallengeValue, readAcmeDnsUpdate } from './acme-dns-request.js';
import { isAllowedFrom, readAllowFrom } from './allowed-sources.js';
import { basicCredentials } from './basic-credentials.js';
import { addressesAfter, readDynDnsUpdate } from './dyndns-request.js';
import { isChallengeOf, readHttpreqChallenge } from './httpreq-request.js';

const octets = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const VALUE = 'LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo';

describe('Basic credentials', () => {
  it.each([
    ['Basic dXNlcjpwYXNz', { username: 'user', password: 'pass' }],
    ['basic   dXNlcjpwOmE=', { username: 'user', password: 'p:a' }],
    ['Basic dXNlcg==', undefined],
    ['Basic !!', undefined],
    ['Bearer dXNlcjpwYXNz', undefined],
    [undefined, undefined],
  ])('of %j are %j', (header, credentials) => {
    expect(basicCredentials(header)).toEqual(credentials);
  });
});

describe('an update of acme-dns', () => {
  it('is read with keys in any case, and never trusts their types', () => {
    expect(readAcmeDnsUpdate(octets({ SubDomain: 'a', TXT: 'b' }))).toEqual({ subdomain: 'a', txt: 'b' });
    expect(readAcmeDnsUpdate(octets({ subdomain: 1, txt: ['b'] }))).toEqual({ subdomain: '', txt: '' });
  });

  it.each(['null', '[]', '"x"', '', 'subdomain=a'])('is none when the body is %j', (body) => {
    expect(readAcmeDnsUpdate(Buffer.from(body))).toBeUndefined();
  });

  it('has 43 characters of base64url', () => {
    expect(isChallengeValue(VALUE)).toBe(true);
    for (const text of ['', `${VALUE}=`, VALUE.slice(1), `+${VALUE.slice(1)}`])
      expect(isChallengeValue(text)).toBe(false);
  });
});

describe('allowed sources', () => {
  it('are CIDR ranges, with IPv6 in brackets or without', () => {
    expect(isAllowedFrom(['192.168.100.1/24', '[fd00::1]/64'], '192.168.100.77')).toBe(true);
    expect(isAllowedFrom(['192.168.100.1/24', '[fd00::1]/64'], '::ffff:192.168.100.77')).toBe(true);
    expect(isAllowedFrom(['[fd00::1]/64'], 'fd00::beef')).toBe(true);
    expect(isAllowedFrom(['192.168.100.1/24'], '192.168.101.1')).toBe(false);
    expect(isAllowedFrom(['192.168.100.1/24'], undefined)).toBe(false);
    expect(isAllowedFrom([], undefined)).toBe(true);
    expect(readAllowFrom(['10.0.0.0/8', 'anywhere'])).toBeUndefined();
  });
});

describe('a challenge of httpreq', () => {
  it('is a name and a value, or what both are made of', () => {
    const fqdn = '_acme-challenge.D1.fleet.test.';
    expect(readHttpreqChallenge(octets({ fqdn, value: VALUE }))).toEqual({
      name: '_acme-challenge.d1.fleet.test',
      value: VALUE,
    });
    // RFC 8555 section 8.4: the digest of the key authorization.
    expect(
      readHttpreqChallenge(octets({ domain: '*.d1.fleet.test', token: 't', keyAuth: 'token.thumbprint' })),
    ).toEqual({
      name: '_acme-challenge.d1.fleet.test',
      value: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    });
  });

  it.each([{}, { fqdn: 'd1.fleet.test.', value: VALUE }, { fqdn: '_acme-challenge.d1.fleet.test.', value: 'x' }])(
    'is none in %j',
    (body) => {
      expect(readHttpreqChallenge(octets(body))).toBeUndefined();
    },
  );

  it("is the device's at its name and below, and nowhere else", () => {
    const at = (name: string) => isChallengeOf({ name: `_acme-challenge.${name}`, value: VALUE }, 'd1.fleet.test');
    expect([at('d1.fleet.test'), at('www.d1.fleet.test')]).toEqual([true, true]);
    expect([at('xd1.fleet.test'), at('fleet.test'), at('d2.fleet.test')]).toEqual([false, false, false]);
  });
});

describe('a DynDNS update', () => {
  it('has names in order, and addresses of both families', () => {
    expect(readDynDnsUpdate({ hostname: 'A.example.,b', myip: '10.0.0.1', myipv6: 'FD00::1' }, undefined)).toEqual({
      hostnames: ['a.example', undefined],
      addresses: ['10.0.0.1', 'fd00::1'],
    });
  });

  it("takes the client's own address where none is given that is one", () => {
    expect(readDynDnsUpdate({ hostname: 'a.b', myip: 'x' }, '::ffff:10.1.1.1').addresses).toEqual(['10.1.1.1']);
    expect(readDynDnsUpdate({ hostname: 'a.b' }, undefined).addresses).toEqual([]);
  });

  it('leaves the family alone that it does not name', () => {
    expect(addressesAfter(['10.0.0.1', 'fd00::1'], ['10.0.0.2'])).toEqual(['10.0.0.2', 'fd00::1']);
    expect(addressesAfter(['10.0.0.1', 'fd00::1'], ['fd00::2', '10.0.0.2'])).toEqual(['10.0.0.2', 'fd00::2']);
  });
});
