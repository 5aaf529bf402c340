import { describe, expect, it } from 'vitest';

import { ClientAddress } from './client-address.js';
import { RollingCookies, SECRET_PERIOD_SECONDS } from './rolling-cookies.js';

const CLIENT = new ClientAddress().read('192.0.2.1');
const PERIOD = 700;
const CHANGE = PERIOD * SECRET_PERIOD_SECONDS;

function cookieMadeAt(seconds: number): Buffer {
  const cookie = Buffer.alloc(24);
  rolling().at(seconds).write(cookie, 0, Buffer.from('0102030405060708', 'hex'), 0, CLIENT, seconds);
  return cookie;
}

function rolling(): RollingCookies {
  return new RollingCookies((period) => Buffer.alloc(16, period % 251));
}

const verdict = (cookie: Buffer, seconds: number): string =>
  rolling().at(seconds).check(cookie, 0, 24, CLIENT, seconds);

describe('cookies whose secret changes', () => {
  it('stay valid over the change, on a server whose clock is ahead and on one whose clock is behind', () => {
    expect(verdict(cookieMadeAt(CHANGE - 10), CHANGE + 10)).toBe('valid');
    expect(verdict(cookieMadeAt(CHANGE + 10), CHANGE - 10)).toBe('valid');
  });

  it('are made with another secret after the change', () => {
    const made = [CHANGE - 1, CHANGE].map((seconds) => {
      const cookie = Buffer.alloc(24);
      rolling().at(seconds).write(cookie, 0, Buffer.alloc(8), 0, CLIENT, CHANGE);
      return cookie.toString('hex');
    });
    expect(made[0]).not.toBe(made[1]);
  });

  it('keep one object within a period', () => {
    const cookies = rolling();
    expect(cookies.at(CHANGE)).toBe(cookies.at(CHANGE + SECRET_PERIOD_SECONDS - 1));
  });
});
