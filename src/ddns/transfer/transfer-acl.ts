import type { WireName } from '../domain/name.js';
import { ClientAddress } from '../rate-limit/client-address.js';
import type { PeerKey, ZoneSecondary } from './zone-peers.js';

/**
 * May this client transfer the zone? With a transfer key of the zone from wherever it comes; without one only from the
 * address of a secondary that was added without a key. A key that is good for something else is good for nothing here.
 */
export function mayTransfer(
  apex: WireName,
  address: string,
  peer: PeerKey | undefined,
  secondaries: readonly ZoneSecondary[],
): boolean {
  if (peer) return peer.zone === apex && !peer.grant;
  const client = octetsOf(address);
  return secondaries.some(
    (secondary) => secondary.zone === apex && !secondary.isKeyed && octetsOf(secondary.address) === client,
  );
}

/** An IPv4 client of a dual-stack socket has an IPv4-mapped address. */
function octetsOf(address: string): string {
  const client = new ClientAddress().read(address);
  return client.octets.subarray(0, client.length).join('.');
}
