import { describe, expect, it } from 'vitest';

import { publishDevice, rememberedDevice, type DeviceNames } from './device-records.js';
import { mustWireName, type WireName } from './name.js';
import { Rrset } from './rrset.js';
import { TYPE } from './rr-type.js';
import { servedRrset, type StoredRrset } from './stored-rrset.js';
import { ZoneDraft } from './zone-draft.js';
import { ZoneEdit } from './zone-edit.js';
import { Zone } from './zone.js';

const APEX = mustWireName('fleet.test');
const named = (text: string): WireName => mustWireName(`${text}.fleet.test`);
const DEVICE: DeviceNames = { deviceId: '1', name: named('nas'), addresses: [], wildcard: false, ipNames: true };

/** What the database has of a device. */
function published(device: DeviceNames): StoredRrset[] {
  const draft = new ZoneDraft(APEX, []);
  const edit = new ZoneEdit(draft, { subtrees: [device.name] });
  publishDevice(edit, device);
  edit.accept();
  return [...draft.all()].map(([, rrset]) => rrset);
}

/** What a server has of it in memory. */
function inMemory(rrsets: readonly StoredRrset[]): Zone {
  const zone = new Zone(APEX);
  for (const rrset of rrsets) zone.replace(rrset.name, rrset.type, servedRrset(rrset));
  return zone;
}

function inOrder(rrsets: readonly StoredRrset[] | undefined): readonly StoredRrset[] | undefined {
  return rrsets?.toSorted((a, b) => (a.name + a.type < b.name + b.type ? -1 : 1));
}

describe('what the memory has of a device', () => {
  it.each([
    ['nothing', {}],
    ['an IPv4 address', { addresses: ['10.0.0.1'] }],
    ['an IPv6 address', { addresses: ['fd00::4'] }],
    ['several of both', { addresses: ['10.0.0.1', '10.0.0.2', 'fd00::4', 'fd00::5'] }],
    ['a wildcard', { addresses: ['10.0.0.1', 'fd00::4'], wildcard: true }],
    ['no IP-encoded names', { addresses: ['10.0.0.1'], ipNames: false }],
    ['a wildcard and no IP-encoded names', { addresses: ['10.0.0.1'], wildcard: true, ipNames: false }],
  ])('is what the database has: %s', (_what, device) => {
    const rrsets = published({ ...DEVICE, ...device });
    expect(inOrder(rememberedDevice(inMemory(rrsets), '1', DEVICE.name))).toEqual(inOrder(rrsets));
  });

  it('is nothing where only other devices have names', () => {
    expect(rememberedDevice(inMemory(published({ ...DEVICE, addresses: ['10.0.0.1'] })), '2', named('web'))).toEqual(
      [],
    );
  });

  const address = Rrset.of(TYPE.A, 60, [Buffer.from([10, 0, 0, 9])]);
  const text = Rrset.of(TYPE.TXT, 60, [Buffer.from('\u0001x')]);
  it.each([
    ['an address that is no device’s at its name', 'nas', Rrset.of(TYPE.AAAA, 60, [Buffer.alloc(16, 9)])],
    ['a text at its name', 'nas', text],
    ['a challenge below it', '_acme-challenge.nas', text],
    ['a name further below', 'a.b.nas', text],
    ['a name below its wildcard', 'a.*.nas', text],
    ['a text at its wildcard', '*.nas', text],
    ['an address that is no device’s below it', 'printer.nas', address],
    [
      'a device’s address at a name that none of its own addresses makes',
      '10-0-0-9.nas',
      Rrset.of(TYPE.A, 60, address.rdatas(), true),
    ],
  ])('cannot be told where there is %s', (_what, name, rrset) => {
    const zone = inMemory(published({ ...DEVICE, addresses: ['10.0.0.1'], wildcard: true }));
    zone.replace(named(name), rrset.type, rrset);
    expect(rememberedDevice(zone, '1', DEVICE.name)).toBeUndefined();
  });
});
