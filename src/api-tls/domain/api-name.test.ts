import { describe, expect, it } from 'vitest';

import { apiName, whyNoCertificate } from './api-name.js';

const ZONES = ['d.example.com', 'fleet.test'];

describe("the API's name", () => {
  it.each([
    ['https://api.d.example.com', { host: 'api.d.example.com', isAddress: false, zone: 'd.example.com' }],
    ['https://API.Fleet.TEST:8443/base', { host: 'api.fleet.test', isAddress: false, zone: 'fleet.test' }],
    ['https://fleet.test', { host: 'fleet.test', isAddress: false, zone: 'fleet.test' }],
    ['https://devices.example.com', { host: 'devices.example.com', isAddress: false }],
    ['https://xfleet.test', { host: 'xfleet.test', isAddress: false }],
    ['http://127.0.0.1:8080', { host: '127.0.0.1', isAddress: true }],
    ['https://[fd00::1]:8443', { host: 'fd00::1', isAddress: true }],
    ['http://localhost:8080', { host: 'localhost', isAddress: false }],
  ])('of %s', (url, expected) => {
    expect(apiName(url, ZONES)).toEqual(expected);
  });

  it('gets a certificate only in a served zone, and says why it does not', () => {
    const why = (url: string): string | undefined => whyNoCertificate(apiName(url, ZONES), ZONES);
    expect(why('https://api.fleet.test')).toBeUndefined();
    expect(why('https://devices.example.com')).toContain(
      'is in none of the zones served here (d.example.com, fleet.test)',
    );
    expect(why('https://192.0.2.1')).toContain('192.0.2.1 of FLEETCERT_PUBLIC_URL, because it is an address');
  });
});
