import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { SecretBox } from './secret-box.js';

describe('SecretBox', () => {
  it('opens what it sealed, and seals the same text differently each time', () => {
    const box = new SecretBox(randomBytes(32));
    const sealed = box.seal('-----BEGIN PRIVATE KEY-----');
    expect(box.open(sealed).toString()).toBe('-----BEGIN PRIVATE KEY-----');
    expect(box.seal('-----BEGIN PRIVATE KEY-----')).not.toBe(sealed);
    expect(sealed).not.toContain('PRIVATE');
  });

  it('refuses what another key sealed, naming the variable and not the secret', () => {
    const sealed = new SecretBox(randomBytes(32)).seal('secret');
    expect(() => new SecretBox(randomBytes(32)).open(sealed)).toThrow(/FLEETCERT_SECRET_KEY/);
  });

  it('refuses a changed octet', () => {
    const box = new SecretBox(randomBytes(32));
    const bytes = Buffer.from(box.seal('secret'), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    expect(() => box.open(bytes.toString('base64'))).toThrow('does not open');
  });

  it('derives the same secret for a purpose from the same key, and another one for any other', () => {
    const [key, other] = [randomBytes(32), randomBytes(32)];
    const derived = new SecretBox(key).derive('dns-cookie 1', 16);
    expect(derived).toHaveLength(16);
    expect(new SecretBox(key).derive('dns-cookie 1', 16)).toEqual(derived);
    expect(new SecretBox(key).derive('dns-cookie 2', 16)).not.toEqual(derived);
    expect(new SecretBox(other).derive('dns-cookie 1', 16)).not.toEqual(derived);
  });
});
