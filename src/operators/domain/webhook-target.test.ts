import { describe, expect, it } from 'vitest';

import { isForbiddenTarget } from './webhook-target.js';

describe('isForbiddenTarget', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '0.0.0.0',
    '100.100.100.200',
    '192.0.0.192',
    '255.255.255.255',
    '224.0.0.1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    '[fe80::1]',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    'not an address',
  ])('forbids %s', (address) => {
    expect(isForbiddenTarget(address)).toBe(true);
  });

  it.each(['127.0.0.1', '10.1.1.4', '192.168.1.1', '100.64.0.1', 'fd00::4', '::1', '192.0.2.1', '2001:db8::1'])(
    'allows %s',
    (address) => {
      expect(isForbiddenTarget(address)).toBe(false);
    },
  );
});
