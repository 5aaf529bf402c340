import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';

import { ServerCookies, type CookieClient } from './cookie.js';

const SECRET = Buffer.from('e5e973e5a6b2a43f48e7dc849e37bfcf', 'hex');

function client(address: string): CookieClient {
  const octets = Uint8Array.from(ipaddr.parse(address).toByteArray());
  return { octets, length: octets.length };
}

function check(cookies: ServerCookies, cookie: string, from: CookieClient, nowSeconds: number): string {
  const message = Buffer.concat([Buffer.of(1, 2, 3), Buffer.from(cookie, 'hex'), Buffer.of(4)]);
  return cookies.check(message, 3, message.length - 4, from, nowSeconds);
}

function make(cookies: ServerCookies, clientCookie: string, from: CookieClient, nowSeconds: number): string {
  const target = Buffer.alloc(28);
  cookies.write(target, 2, Buffer.from(clientCookie, 'hex'), 0, from, nowSeconds);
  return target.subarray(2, 26).toString('hex');
}

describe('server cookies of RFC 9018, appendix A', () => {
  it('A.1: a new client learns its server cookie', () => {
    expect(make(new ServerCookies([SECRET]), '2464c4abcf10c957', client('198.51.100.100'), 1_559_731_985)).toBe(
      '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
    );
  });

  it('A.2: the same client comes again and learns a fresh one', () => {
    const cookies = new ServerCookies([SECRET]);
    const from = client('198.51.100.100');
    const cookie = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';
    expect(check(cookies, cookie, from, 1_559_734_385)).toBe('valid');
    expect(make(cookies, '2464c4abcf10c957', from, 1_559_734_385)).toBe(
      '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    );
  });

  it('A.3: reserved bits that another server has set are part of the hash', () => {
    const cookies = new ServerCookies([SECRET]);
    const from = client('203.0.113.203');
    expect(check(cookies, 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5', from, 1_559_727_990)).toBe('valid');
    expect(make(cookies, 'fc93fc62807ddb86', from, 1_559_734_700)).toBe(
      'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
    );
  });

  it('A.4: IPv6, and a secret that is being rolled over', () => {
    const newSecret = Buffer.from('445536bcd2513298075a5d379663c962', 'hex');
    const oldSecret = Buffer.from('dd3bdf9344b678b185a6f5cb60fca715', 'hex');
    const cookies = new ServerCookies([newSecret, oldSecret]);
    const from = client('2001:db8:220:1:59de:d0f4:8769:82b8');
    const cookie = '22681ab97d52c298010000005cf7c57926556bd0934c72f8';
    expect(check(cookies, cookie, from, 1_559_741_961)).toBe('valid');
    expect(make(cookies, '22681ab97d52c298', from, 1_559_741_961)).toBe(
      '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
    );
    expect(check(new ServerCookies([newSecret]), cookie, from, 1_559_741_961)).toBe('invalid');
  });
});

describe('server cookies', () => {
  const cookies = new ServerCookies([SECRET]);
  const from = client('192.0.2.7');
  const now = 1_800_000_000;
  const cookie = make(cookies, '0102030405060708', from, now);

  it.each([
    [8, 'client-only'],
    [0, 'malformed'],
    [7, 'malformed'],
    [9, 'malformed'],
    [15, 'malformed'],
    [16, 'invalid'],
    [23, 'invalid'],
    [25, 'invalid'],
    [40, 'invalid'],
    [41, 'malformed'],
  ])('an option of %i octets is %s', (octets, verdict) => {
    expect(check(cookies, '01'.repeat(octets), from, now)).toBe(verdict);
  });

  it('is for one address', () => {
    expect(check(cookies, cookie, from, now)).toBe('valid');
    expect(check(cookies, cookie, client('192.0.2.8'), now)).toBe('invalid');
    expect(check(cookies, cookie, client('2001:db8::7'), now)).toBe('invalid');
  });

  it('is for one client cookie', () => {
    expect(check(cookies, `ff${cookie.slice(2)}`, from, now)).toBe('invalid');
  });

  it.each([
    ['an hour old', 3600, 'valid'],
    ['over an hour old', 3601, 'invalid'],
    ['five minutes ahead', -300, 'valid'],
    ['over five minutes ahead', -301, 'invalid'],
  ])('%s', (_, age, verdict) => {
    expect(check(cookies, cookie, from, now + age)).toBe(verdict);
  });

  it('outlives the wrap of 32-bit time', () => {
    const before = make(cookies, '0102030405060708', from, 2 ** 32 - 10);
    expect(check(cookies, before, from, 2 ** 32 + 10)).toBe('valid');
  });

  it('of another version is not ours', () => {
    expect(check(cookies, `${cookie.slice(0, 16)}02${cookie.slice(18)}`, from, now)).toBe('invalid');
  });

  it('needs a secret', () => {
    expect(() => new ServerCookies([])).toThrow('secret');
  });
});
