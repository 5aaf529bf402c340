import { addressFamily } from '../../kernel/ip-address.js';
import { addressOfLabel, addressRdata } from './ip-name.js';
import { firstLabel, isWildcard, parentOf, type WireName } from './name.js';
import { TYPE } from './rr-type.js';
import { Rrset } from './rrset.js';
import type { ZoneView } from './zone.js';

/** Which addresses may be synthesised as IP-encoded names (`FLEETCERT_IP_NAMES=policy`), for normalized addresses. */
export type AddressFilter = (address: string) => boolean;

const TTL_SECONDS = 60;

/**
 * The address RRset of `10-1-1-4.<device>`, for a name that is not stored. Only directly below a device's own name, and
 * only for addresses that the policy allows; undefined for everything else.
 */
export function synthesizeAddress(
  zone: ZoneView,
  missing: WireName,
  encloser: WireName,
  allows: AddressFilter,
): Rrset | undefined {
  if (parentOf(missing) !== encloser || isWildcard(encloser) || !isDeviceName(zone, encloser)) return undefined;
  const address = addressOfLabel(firstLabel(missing));
  if (address === undefined || !allows(address)) return undefined;
  return Rrset.of(addressFamily(address) === 4 ? TYPE.A : TYPE.AAAA, TTL_SECONDS, [addressRdata(address)]);
}

function isDeviceName(zone: ZoneView, name: WireName): boolean {
  const node = zone.node(name);
  return (node?.find(TYPE.A) ?? node?.find(TYPE.AAAA))?.ofDevice === true;
}
