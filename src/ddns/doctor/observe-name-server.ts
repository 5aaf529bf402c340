import { randomBytes } from 'node:crypto';

import { TYPE } from '../domain/rr-type.js';
import { UNKNOWN_OPTION, UNUSED_TYPE, type NameServerObservations } from './domain/name-server-check.js';
import type { DnsProbe } from './dns-probe.js';
import type { NameServerAddress } from './name-server-addresses.js';

/** Asks one address everything that it is judged by alone. */
export async function observeNameServer(
  probe: DnsProbe,
  zone: string,
  { subject, at }: NameServerAddress,
): Promise<NameServerObservations> {
  const nowhere = randomBytes(8).toString('hex');
  const soa = { name: zone, type: TYPE.SOA };
  const [udp, tcp] = await Promise.all([
    probe.ask(at, { ...soa, transport: 'udp' }),
    probe.ask(at, { ...soa, transport: 'tcp' }),
  ]);
  // Who is silent now would be so nine times.
  const ask: DnsProbe['ask'] = (server, question) =>
    udp.kind === 'silence' ? Promise.resolve(udp) : probe.ask(server, question);
  const [ns, missingName, missingType, nextVersion, unknownOption, outOfZone, transfer] = await Promise.all([
    ask(at, { name: zone, type: TYPE.NS }),
    ask(at, { name: `fleetcert-doctor-${nowhere}.${zone}`, type: TYPE.A }),
    ask(at, { name: zone, type: UNUSED_TYPE }),
    ask(at, { ...soa, transport: 'udp', edns: { version: 1 } }),
    ask(at, { ...soa, transport: 'udp', edns: { optionCode: UNKNOWN_OPTION } }),
    ask(at, { name: `fleetcert-doctor-${nowhere}.invalid`, type: TYPE.A }),
    tcp.kind === 'silence'
      ? Promise.resolve(tcp)
      : probe.ask(at, { name: zone, type: TYPE.AXFR, transport: 'tcp', edns: false }),
  ]);
  return { subject, udp, tcp, ns, missingName, missingType, nextVersion, unknownOption, outOfZone, transfer };
}
