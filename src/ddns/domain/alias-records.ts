import { DomainError } from '../../kernel/errors.js';
import { type DeviceNames, publishDevice } from './device-records.js';
import { presentName, type WireName } from './name.js';
import { typeName } from './rr-type.js';
import { deviceOwner, orderIdOf } from './stored-rrset.js';
import type { ZoneEdit } from './zone-edit.js';

/**
 * Makes the zone hold a device's addresses at one of its aliases. Nobody else's records may be there or below: an alias
 * is the device's alone. Challenges of orders may. The edit's scope has the alias's subtree.
 * @throws DomainError `conflict`
 */
export function publishAlias(zone: ZoneEdit, device: Omit<DeviceNames, 'ipNames'>): void {
  const owner = deviceOwner(device.deviceId);
  for (const { name, type, values } of zone.atOrBelow(device.name)) {
    if (values.every((value) => value.owner === owner || orderIdOf(value.owner) !== undefined)) continue;
    throw new DomainError(
      'conflict',
      `${presentName(device.name)} cannot be an alias: there is a ${typeName(type)} record at ${presentName(name)}. Remove that first, or take another label.`,
    );
  }
  publishDevice(zone, { ...device, ipNames: false });
}

/** Takes a device's addresses out of what was its alias. The edit's scope has the alias's subtree. */
export function withdrawAlias(zone: ZoneEdit, deviceId: string, alias: WireName): void {
  publishDevice(zone, { deviceId, name: alias, addresses: [], wildcard: false, ipNames: false });
}
