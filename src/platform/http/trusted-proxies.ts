import { isInRanges, normalizeAddress, type Cidr } from '../../kernel/ip-address.js';

/** Express' `trust proxy` function: whose X-Forwarded-For counts. */
export function trustProxy(ranges: readonly Cidr[]): (address: string) => boolean {
  return (address) => {
    const plain = normalizeAddress(address.replace(/^::ffff:/, ''));
    return plain !== undefined && isInRanges(plain, ranges);
  };
}
