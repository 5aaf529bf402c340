import { describe, expect, it } from 'vitest';

import { ManualClock } from '../../kernel/clock.js';
import { MemoryUsedNonces } from '../store/memory/memory-used-nonces.js';
import { HmacNonces } from './hmac-nonces.js';

const clock = new ManualClock('2026-03-01T12:00:00Z');
const at = (minutes: number): Date => new Date(minutes * 60_000);
const nonces = (key = 1, used = new MemoryUsedNonces()): HmacNonces =>
  new HmacNonces(Buffer.alloc(32, key), 3600, used, clock);

describe('nonces', () => {
  it('are good once, in any order, without having been remembered', async () => {
    const some = nonces();
    const issued = Array.from({ length: 20 }, () => some.issue()).toReversed();
    for (const nonce of issued) expect(await some.redeem(nonce)).toBe(true);
    for (const nonce of issued) expect(await some.redeem(nonce)).toBe(false);
  });

  it('are good at every server with the key, and once for all that share the register', async () => {
    const register = new MemoryUsedNonces();
    const [one, two] = [nonces(1, register), nonces(1, register)];
    const nonce = one.issue();
    expect(await nonces(2, register).redeem(nonce)).toBe(false);
    expect(await two.redeem(nonce)).toBe(true);
    expect(await one.redeem(nonce)).toBe(false);
  });

  it('cannot be made a second nonce by other letters for the same octets', async () => {
    const some = nonces();
    const nonce = some.issue();
    expect(await some.redeem(nonce)).toBe(true);
    // 43 letters hold 258 bits: the last two say nothing.
    const last = nonce.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    expect(Buffer.from(nonce.slice(0, -1) + other, 'base64url')).toEqual(Buffer.from(nonce, 'base64url'));
    expect(await some.redeem(nonce.slice(0, -1) + other)).toBe(false);
  });

  it('do not survive a single changed bit', async () => {
    const some = nonces();
    const octets = Buffer.from(some.issue(), 'base64url');
    for (let bit = 0; bit < octets.length * 8; bit += 1) {
      const changed = Buffer.from(octets);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await some.redeem(changed.toString('base64url'))).toBe(false);
    }
  });
});

describe('the register of used nonces', () => {
  it('has a bound: the oldest minute is given up, and its nonces count as used', async () => {
    const register = new MemoryUsedNonces(3);
    expect(await register.use('a', at(10))).toBe(true);
    for (const nonce of ['b', 'c', 'd']) expect(await register.use(nonce, at(11))).toBe(true);
    expect(await register.use('never used', at(10))).toBe(false);
    expect(await register.use('b', at(11))).toBe(false);
    expect(await register.use('e', at(12))).toBe(true);
  });
});
