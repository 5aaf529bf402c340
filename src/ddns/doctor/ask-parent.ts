import { hostPort } from '../../platform/config/read-config.js';
import { TYPE } from '../domain/rr-type.js';
import type { ParentAnswer } from './domain/delegation-check.js';
import type { DnsProbe } from './dns-probe.js';
import type { DoctorSettings } from './doctor-settings.js';
import type { NameLookup } from './name-lookup.js';

const DNS_PORT = 53;

/**
 * Asks the parent zone's name servers, without recursion, how the zone is delegated.
 * @returns one answer an address; empty when none was found; undefined when nobody could be asked where they are
 */
export async function askParent(
  zone: string,
  settings: Pick<DoctorSettings, 'parent'>,
  probe: DnsProbe,
  lookup: NameLookup | undefined,
): Promise<readonly ParentAnswer[] | undefined> {
  const question = { name: zone, type: TYPE.NS };
  if (settings.parent) {
    return [{ server: hostPort(settings.parent), observation: await probe.ask(settings.parent, question) }];
  }
  if (!lookup) return undefined;
  const parent = await lookup.parentOf(zone);
  const answers = (parent?.nameServers ?? []).map(async (name) => {
    const addresses = await lookup.addresses(name);
    return Promise.all(
      addresses.map(async (address) => ({
        server: `${name} (${address})`,
        observation: await probe.ask({ address, port: DNS_PORT }, question),
      })),
    );
  });
  return (await Promise.all(answers)).flat();
}
