import { describe, expect, it } from 'vitest';

import { DomainError } from '../../kernel/errors.js';
import { PRIVATE_RANGES } from '../../kernel/ip-address.js';
import { admitAddresses, sameAddresses } from './address-policy.js';

const admit = (...texts: string[]) => admitAddresses(texts, PRIVATE_RANGES, 'private');

function refusal(run: () => unknown): DomainError {
  try {
    run();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('the private address policy', () => {
  it.each(['10.0.0.1', '172.31.255.254', '192.168.1.2', '100.64.0.1', '169.254.7.7', 'fd00::4', 'fe80::1'])(
    'admits %s',
    (address) => {
      expect(admit(address)).toEqual([address]);
    },
  );

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '127.0.0.1', '::1', '2001:db8::1', '0.0.0.0', '255.255.255.255'])(
    'refuses %s and names it',
    (address) => {
      const error = refusal(() => admit('10.0.0.1', address));
      expect(error.code).toBe('address_not_allowed');
      expect(error.errors).toEqual([{ field: 'addresses[1]', detail: expect.stringContaining(address) }]);
    },
  );

  it.each([
    '10.0.0',
    '10.0.0.256',
    '010.1.1.1',
    '10.0.0.1/24',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    'nas.local',
    '',
    '0x0a000001',
  ])('calls %j no address', (text) => {
    expect(refusal(() => admit(text)).code).toBe('invalid_request');
  });

  it('normalizes and folds repetitions', () => {
    expect(admit('FD00:0:0::0004', 'fd00::4', ' 10.0.0.1 ')).toEqual(['fd00::4', '10.0.0.1']);
  });
});

describe('the policy "any"', () => {
  it('admits public addresses, and still no multicast', () => {
    expect(admitAddresses(['8.8.8.8'], undefined, 'any')).toEqual(['8.8.8.8']);
    expect(refusal(() => admitAddresses(['224.0.0.1'], undefined, 'any')).code).toBe('address_not_allowed');
    expect(refusal(() => admitAddresses(['ff02::1'], undefined, 'any')).code).toBe('address_not_allowed');
  });
});

describe('sameAddresses', () => {
  it('ignores the order', () => {
    expect(sameAddresses(['a', 'b'], ['b', 'a'])).toBe(true);
    expect(sameAddresses(['a', 'b'], ['a'])).toBe(false);
  });
});
