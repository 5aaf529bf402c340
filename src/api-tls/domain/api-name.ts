import { closestZone, isHostName, normalizeName } from '../../kernel/domain-name.js';
import { normalizeAddress } from '../../kernel/ip-address.js';

/** What the API is called, and whether a certificate can be had for it. */
export interface ApiName {
  /** A domain name in lower case, or an address without brackets. */
  readonly host: string;
  readonly isAddress: boolean;
  /** The served zone that the name is in; undefined: no certificate can be had, since DNS-01 needs a zone of ours. */
  readonly zone?: string;
}

/** The name in the URL that devices use. */
export function apiName(publicUrl: string, zones: readonly string[]): ApiName {
  const host = normalizeName(new URL(publicUrl).hostname.replace(/^\[|\]$/g, ''));
  const isAddress = normalizeAddress(host) !== undefined;
  const zone = !isAddress && isHostName(host) ? closestZone(host, zones) : undefined;
  return { host, isAddress, ...(zone !== undefined && { zone }) };
}

/** Why there will be no certificate, and what to do about it; undefined when there can be one. */
export function whyNoCertificate({ host, isAddress, zone }: ApiName, zones: readonly string[]): string | undefined {
  if (zone !== undefined) return undefined;
  const what = isAddress ? 'is an address' : `is in none of the zones served here (${zones.join(', ')})`;
  return (
    `no certificate can be had for ${host} of FLEETCERT_PUBLIC_URL, because it ${what}: ` +
    'give it a name in a zone, or put a proxy with a certificate of its own in front'
  );
}
