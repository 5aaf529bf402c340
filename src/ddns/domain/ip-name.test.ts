import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { normalizeAddress } from '../../kernel/ip-address.js';
import { addressOfLabel, labelOfAddress } from './ip-name.js';

describe('IP-encoded labels', () => {
  it.each([
    ['10.1.1.4', '10-1-1-4'],
    ['fd00::4', 'fd00--4'],
    ['fe80::1:2:3', 'fe80--1-2-3'],
    ['2001:db8:1:2:3:4:5:6', '2001-db8-1-2-3-4-5-6'],
    // No label may begin or end with a hyphen.
    ['::1', '0--1'],
    ['fd00::', 'fd00--0'],
    ['::', '0--0'],
  ])('%s is %s', (address, label) => {
    expect(labelOfAddress(address)).toBe(label);
    expect(addressOfLabel(label)).toBe(address);
  });

  it.each(['10-1-1', '10-1-1-256', '10-01-1-4x', 'fd00', 'www', 'a-b', '1-2-3-4-5-6-7-8-9', 'fd00---4', '-', 'g--1'])(
    '%s is none',
    (label) => {
      expect(addressOfLabel(label)).toBeUndefined();
    },
  );

  it('are host names, and lead back to their address', () => {
    const address = fc
      .oneof(fc.ipV4(), fc.ipV6())
      .map(normalizeAddress)
      .filter((text) => text !== undefined);
    fc.assert(
      fc.property(address, (text) => {
        const label = labelOfAddress(text);
        expect(label).toMatch(/^[0-9a-f]([0-9a-f-]*[0-9a-f])?$/);
        expect(addressOfLabel(label)).toBe(text);
      }),
    );
  });
});
