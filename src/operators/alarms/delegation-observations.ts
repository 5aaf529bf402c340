import { askParent } from '../../ddns/doctor/ask-parent.js';
import { checkDelegation, type ExpectedNameServer } from '../../ddns/doctor/domain/delegation-check.js';
import { DnsProbe } from '../../ddns/doctor/dns-probe.js';
import { NameLookup } from '../../ddns/doctor/name-lookup.js';
import type { ListenAddress } from '../../platform/config/app-config.js';
import type { Observation } from '../domain/alarm.js';

/** How the parents of our zones are looked at. */
export interface DelegationLook {
  readonly zones: readonly string[];
  readonly nameServers: readonly ExpectedNameServer[];
  /** Through which the parents' name servers are found. */
  readonly resolvers: readonly ListenAddress[];
  /** One of them, where it is known. */
  readonly parent?: ListenAddress;
  /** For one question. */
  readonly timeoutMilliseconds: number;
}

/**
 * What is wrong with a zone's delegation, as the doctor sees it: NS records and glue in the parent zone that are not
 * those of the configuration.
 * @returns undefined when the parent could not be asked: then nothing is known
 */
export async function observeDelegation(
  zone: string,
  look: DelegationLook,
): Promise<readonly Observation[] | undefined> {
  const probe = new DnsProbe(look.timeoutMilliseconds);
  const lookup = look.resolvers.length > 0 ? new NameLookup(probe, look.resolvers) : undefined;
  const parents = await askParent(zone, { parent: look.parent }, probe, lookup);
  if (!parents?.some(({ observation }) => observation.kind === 'answer')) return undefined;
  const wrong = checkDelegation(zone, look.nameServers, parents).filter(({ status }) => status === 'fail');
  const [first] = wrong;
  if (!first) return [];
  return [
    {
      kind: 'delegation.broken',
      subject: { kind: 'zone', id: zone, name: zone },
      message: `The delegation of ${first.subject} is broken: ${first.message}. Names in the zone are not found, and no certificate can be had, until it is mended; \`fleetcert doctor\` prints the records that the parent zone needs.`,
      data: { zone, findings: wrong.map(({ check, subject, message }) => ({ check, subject, message })) },
    },
  ];
}
