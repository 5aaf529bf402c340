import { addressFamily, addressFromBytes } from '../../kernel/ip-address.js';
import { DomainError } from '../../kernel/errors.js';
import { addressRdata, labelOfAddress } from './ip-name.js';
import { childOf, presentName, wildcardOf, type WireName } from './name.js';
import { TYPE, typeName } from './rr-type.js';
import { deviceOwner, FIXED, SYSTEM, type StoredRrset, type StoredValue } from './stored-rrset.js';
import type { ZoneEdit } from './zone-edit.js';
import type { ZoneView } from './zone.js';

/** How long a resolver may keep a device's address: an address change is seen everywhere after that. */
export const DEVICE_TTL_SECONDS = 60;

export interface DeviceNames {
  readonly deviceId: string;
  readonly name: WireName;
  /** Normalized. */
  readonly addresses: readonly string[];
  /** `*.<name>` has the same addresses. */
  readonly wildcard: boolean;
  /** Each address has its IP-encoded name below the device's. */
  readonly ipNames: boolean;
}

/** Makes the zone hold exactly these address records of a device. The edit's scope has the name's subtree. */
export function publishDevice(zone: ZoneEdit, device: DeviceNames): void {
  const owner = deviceOwner(device.deviceId);
  const wanted = addressRecords(device);
  for (const { name, type, values } of zone.atOrBelow(device.name)) {
    if (type !== TYPE.A && type !== TYPE.AAAA) continue;
    const others = values.filter((value) => value.owner !== owner);
    if (others.length === values.length) continue;
    if (!wanted.some((rrset) => rrset.name === name && rrset.type === type))
      zone.put(name, type, DEVICE_TTL_SECONDS, others);
  }
  for (const { name, type, rdatas } of wanted) {
    const foreign = zone
      .at(name)
      .find(
        (rrset) =>
          rrset.type === TYPE.CNAME || (rrset.type === type && rrset.values.some((value) => value.owner !== owner)),
      );
    if (foreign) {
      throw new DomainError(
        'conflict',
        `${presentName(name)} has a ${typeName(foreign.type)} record of its own; an operator has to remove it first.`,
      );
    }
    const values = rdatas.map((rdata): StoredValue => ({ rdata, owner }));
    zone.put(name, type, DEVICE_TTL_SECONDS, values);
  }
}

/**
 * Makes a device's records anew from what is stored at its name, with or without IP-encoded names: for a server that was
 * configured otherwise. The edit's scope has the name's subtree.
 */
export function republishDevice(zone: ZoneEdit, deviceId: string, name: WireName, ipNames: boolean): void {
  const owner = deviceOwner(deviceId);
  const wildcardName = wildcardOf(name);
  const own = zone.atOrBelow(name).filter(({ type, values }) => {
    return (type === TYPE.A || type === TYPE.AAAA) && values.some((value) => value.owner === owner);
  });
  const addresses = own
    .filter((rrset) => rrset.name === name)
    .flatMap(({ values }) => values.map(({ rdata }) => addressFromBytes(rdata)));
  const wildcard = own.some((rrset) => rrset.name === wildcardName);
  publishDevice(zone, { deviceId, name, addresses, wildcard, ipNames });
}

/** Takes everything of a device out: its addresses and whatever was published below its name, but nothing fixed. */
export function withdrawDevice(zone: ZoneEdit, name: WireName): void {
  for (const rrset of zone.atOrBelow(name)) {
    const kept = rrset.values.filter(({ owner }) => owner === FIXED || owner === SYSTEM);
    if (kept.length < rrset.values.length) zone.put(rrset.name, rrset.type, rrset.ttl, kept);
  }
}

/**
 * What a zone in memory has at and below a device's name or alias, as the database should have it: for a subtree with
 * nothing but this device's addresses. The memory does not know who owns a record.
 * @returns undefined where there is anything else.
 */
export function rememberedDevice(zone: ZoneView, deviceId: string, name: WireName): StoredRrset[] | undefined {
  const node = zone.node(name);
  if (!node) return [];
  const own = node.rrsets();
  if (own.some((rrset) => !rrset.ofDevice)) return undefined;
  const names = new Map([[name, own]]);
  const encoded = own.flatMap((rrset) => rrset.rdatas()).map((rdata) => labelOfAddress(addressFromBytes(rdata)));
  for (const child of [wildcardOf(name), ...encoded.map((label) => childOf(label, name))]) {
    const found = child === undefined ? undefined : zone.node(child);
    if (child === undefined || !found) continue;
    const rrsets = found.rrsets();
    if (found.children > 0 || rrsets.some((rrset) => !rrset.ofDevice)) return undefined;
    names.set(child, rrsets);
  }
  if (names.size - 1 !== node.children) return undefined;
  const owner = deviceOwner(deviceId);
  return [...names].flatMap(([at, rrsets]) =>
    rrsets.map((rrset) => ({
      name: at,
      type: rrset.type,
      ttl: rrset.ttl,
      values: rrset.rdatas().map((rdata) => ({ rdata, owner })),
    })),
  );
}

interface AddressRecords {
  readonly name: WireName;
  readonly type: number;
  readonly rdatas: readonly Buffer[];
}

function addressRecords({ name, addresses, wildcard, ipNames }: DeviceNames): AddressRecords[] {
  const owners = [name, wildcard ? wildcardOf(name) : undefined].filter((owner) => owner !== undefined);
  const records: AddressRecords[] = [];
  for (const [family, type] of [
    [4, TYPE.A],
    [6, TYPE.AAAA],
  ] as const) {
    const own = addresses.filter((address) => addressFamily(address) === family);
    const rdatas = own.map((address) => Buffer.from(addressRdata(address)));
    if (rdatas.length > 0) for (const owner of owners) records.push({ name: owner, type, rdatas });
    if (!ipNames) continue;
    own.forEach((address, index) => {
      const encoded = childOf(labelOfAddress(address), name);
      if (encoded !== undefined) records.push({ name: encoded, type, rdatas: [rdatas[index]!] });
    });
  }
  return records;
}
