import { hostPort } from '../../platform/config/read-config.js';
import type { ListenAddress } from '../../platform/config/app-config.js';
import { delegationIn, type ParentAnswer } from './domain/delegation-check.js';
import { Verdict, type Finding } from './domain/finding.js';
import type { DoctorSettings } from './doctor-settings.js';
import type { NameLookup } from './name-lookup.js';

/** One address of a name server of the zone. */
export interface NameServerAddress {
  /** `ns1.d.example.com (192.0.2.53)`. */
  readonly subject: string;
  readonly at: ListenAddress;
}

export interface FoundAddresses {
  readonly addresses: readonly NameServerAddress[];
  /** About name servers without an address. */
  readonly findings: readonly Finding[];
}

/** Every address of every name server that the configuration or the parent names, each once. */
export async function nameServerAddresses(
  zone: string,
  settings: Pick<DoctorSettings, 'nameServers' | 'nameServerPort'>,
  parents: readonly ParentAnswer[],
  lookup: NameLookup | undefined,
): Promise<FoundAddresses> {
  const known = new Map<string, readonly string[]>(
    settings.nameServers.map(({ name, addresses }) => [name, addresses]),
  );
  for (const { observation } of parents) {
    const delegation = observation.kind === 'answer' ? delegationIn(observation, zone) : undefined;
    for (const name of delegation?.nameServers ?? []) {
      known.set(name, [...(known.get(name) ?? []), ...(delegation?.glue.get(name) ?? [])]);
    }
  }
  const addresses = new Map<string, NameServerAddress>();
  const findings: Finding[] = [];
  for (const [name, told] of known) {
    const own = told.length > 0 || !lookup ? told : await lookup.addresses(name);
    if (own.length === 0) findings.push(withoutAddress(name, lookup !== undefined));
    for (const address of own) {
      const at = { address, port: settings.nameServerPort };
      const where = settings.nameServerPort === 53 ? address : hostPort(at);
      if (!addresses.has(address)) addresses.set(address, { subject: `${name} (${where})`, at });
    }
  }
  return { addresses: [...addresses.values()], findings };
}

function withoutAddress(name: string, wasLookedUp: boolean): Finding {
  const verdict = new Verdict('reachable', name);
  return wasLookedUp
    ? verdict.fail(
        'it has no address',
        `Make A and AAAA records for ${name} where its domain is served, or take it out of FLEETCERT_NAMESERVERS and the parent zone.`,
      )
    : verdict.skipped('not looked at: FLEETCERT_NAMESERVERS gives no address, and there is no resolver to ask');
}
