import { describe, expect, it } from 'vitest';

import { clientKey } from './client-key.js';

describe('what counts as one client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:0:ffff::', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::ffff:192.0.2.1', '0:0:0:0'],
  ])('%s is of %s', (address, key) => {
    expect(clientKey(address)).toBe(key);
  });
});
