import { describe, expect, it } from 'vitest';

import { isLocalScrape } from './local-scrape.js';

describe('isLocalScrape', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('is true for %s', (address) => {
    expect(isLocalScrape(address, { host: 'localhost:8080' })).toBe(true);
  });

  it.each(['10.1.1.4', '::ffff:10.1.1.4', '2001:db8::127', '127001', undefined])('is false for %s', (address) => {
    expect(isLocalScrape(address, {})).toBe(false);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])('is false for what came by a proxy (%s)', (name) => {
    expect(isLocalScrape('127.0.0.1', { [name]: 'x' })).toBe(false);
  });
});
