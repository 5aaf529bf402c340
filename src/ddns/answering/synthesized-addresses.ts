import { isInRanges } from '../../kernel/ip-address.js';
import type { AppConfig } from '../../platform/config/app-config.js';
import type { AddressFilter } from '../domain/ip-synthesis.js';

/** Which addresses IP-encoded names are synthesised for; undefined: they are stored records, or off. */
export function synthesizedAddresses({
  dns,
  addressPolicy,
}: {
  readonly dns: Pick<AppConfig['dns'], 'ipNames'>;
  readonly addressPolicy: AppConfig['addressPolicy'];
}): AddressFilter | undefined {
  if (dns.ipNames !== 'policy') return undefined;
  const { ranges } = addressPolicy;
  return ranges ? (address) => isInRanges(address, ranges) : () => true;
}
