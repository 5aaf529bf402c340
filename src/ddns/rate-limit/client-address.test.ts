import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';

import { ClientAddress } from './client-address.js';

function octetsOf(text: string): readonly number[] {
  const address = new ClientAddress();
  address.octets.fill(0xee);
  address.read(text);
  return [...address.octets.subarray(0, address.length)];
}

describe('ClientAddress', () => {
  it('reads every IPv4 address as ipaddr.js does', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(octetsOf(text)).toEqual(ipaddr.parse(text).toByteArray());
      }),
    );
  });

  it('reads every IPv6 address as ipaddr.js does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(15), fc.nat(15), (octets, from, length) => {
        octets.fill(0, from, Math.min(16, from + length));
        const address = ipaddr.fromByteArray([...octets]) as ipaddr.IPv6;
        for (const text of [address.toString(), address.toNormalizedString(), address.toRFC5952String()]) {
          expect(octetsOf(text)).toEqual(address.isIPv4MappedAddress() ? [...octets.subarray(12)] : [...octets]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['::', Array.from({ length: 16 }, () => 0)],
    ['::1', [...Array.from({ length: 15 }, () => 0), 1]],
    ['2001:db8::', [0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 12 }, () => 0)]],
    ['fe80::1%eth0', [0xfe, 0x80, ...Array.from({ length: 13 }, () => 0), 1]],
    ['::ffff:192.0.2.1', [192, 0, 2, 1]],
    ['64:ff9b::192.0.2.1', [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1]],
  ])('reads %s', (text, octets) => {
    expect(octetsOf(text)).toEqual(octets);
  });

  it.each(['', '1.2.3', '1:2:3', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:1.2.3.4'])(
    'says that %j is no address',
    (text) => {
      expect(octetsOf(text)).toEqual([]);
    },
  );

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::2', false],
    ['2001:db8::1', false],
    ['', false],
  ])('%j is loopback: %s', (text, isLoopback) => {
    expect(new ClientAddress().read(text).isLoopback).toBe(isLoopback);
  });
});
