import { addressFamily, normalizeAddress } from '../../kernel/ip-address.js';
import { normalizeName } from '../../kernel/domain-name.js';

/** The answers of the DynDNS2 protocol that we give. */
export type DynDnsCode = 'good' | 'nochg' | 'nohost' | 'notfqdn' | 'badauth' | 'abuse' | 'numhost' | '911';

export interface DynDnsUpdate {
  /** Lower case, in the order asked; a text that is no fully qualified name stands as undefined. */
  readonly hostnames: readonly (string | undefined)[];
  /** Normalized; at least one. */
  readonly addresses: readonly string[];
}

/** More names in one update than any client sends. */
export const MOST_HOSTNAMES = 20;

/**
 * The query of `/nic/update`. An address that is missing or no address is the client's own, as the protocol has it;
 * legacy parameters (`wildcard`, `mx`, `backmx`, `offline`, `system`) are ignored.
 */
export function readDynDnsUpdate(
  query: Readonly<Record<string, unknown>>,
  clientAddress: string | undefined,
): DynDnsUpdate {
  const hostnames = listOf(query['hostname']).map((text) => {
    const name = normalizeName(text);
    return name.includes('.') && /^[a-z0-9_.*-]{1,253}$/.test(name) ? name : undefined;
  });
  const given = [...listOf(query['myip']), ...listOf(query['myipv6'])]
    .map((text) => normalizeAddress(text))
    .filter((address) => address !== undefined);
  const own = clientAddress === undefined ? undefined : normalizeAddress(clientAddress.replace(/^::ffff:/, ''));
  const addresses = given.length > 0 ? given : own === undefined ? [] : [own];
  return { hostnames, addresses: [...new Set(addresses)] };
}

/** The addresses of the families that are given replace those of the device; the other family stays. */
export function addressesAfter(current: readonly string[], given: readonly string[]): string[] {
  const families = new Set(given.map(addressFamily));
  return [...given, ...current.filter((address) => !families.has(addressFamily(address)))].toSorted(
    (a, b) => addressFamily(a) - addressFamily(b),
  );
}

function listOf(value: unknown): string[] {
  const texts = (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string');
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
