import { DomainError, type FieldError } from '../../kernel/errors.js';
import { isInRanges, normalizeAddress, type Cidr } from '../../kernel/ip-address.js';

/** More than any appliance has; keeps an answer for the name within one datagram. */
export const MAX_ADDRESSES = 16;

/**
 * The addresses that a device may register, normalized and without repetition, in the order given.
 *
 * @param ranges the policy; undefined allows any unicast address
 * @param policyName how the policy is called in the refusal
 * @throws DomainError `invalid_request` for what is no address, `address_not_allowed` for what is outside the policy
 */
export function admitAddresses(
  texts: readonly string[],
  ranges: readonly Cidr[] | undefined,
  policyName: string,
): string[] {
  const malformed: FieldError[] = [];
  const outside: FieldError[] = [];
  const admitted = new Set<string>();
  for (const [index, text] of texts.entries()) {
    const field = `addresses[${index}]`;
    const address = normalizeAddress(text.trim());
    if (address === undefined) {
      malformed.push({ field, detail: 'is not an IPv4 or IPv6 address (no port, prefix length, zone or name)' });
    } else if (isNeverUsable(address) || (ranges && !isInRanges(address, ranges))) {
      outside.push({ field, detail: `${address} is outside the address policy (${policyName})` });
    } else {
      admitted.add(address);
    }
  }
  if (malformed.length > 0) {
    throw new DomainError('invalid_request', 'Send plain addresses such as 10.1.1.4 or fd00::4.', {
      errors: malformed,
    });
  }
  if (outside.length > 0) {
    throw new DomainError(
      'address_not_allowed',
      `This server registers addresses of its policy only (${policyName}); an operator can widen it with FLEETCERT_ADDRESS_POLICY.`,
      { errors: outside },
    );
  }
  return [...admitted];
}

/** Unspecified, multicast and broadcast: no device answers there, whatever the policy. */
function isNeverUsable(address: string): boolean {
  return /^(0\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|::$|ff[0-9a-f]{2}:)/.test(address);
}

/** Same addresses, in any order? */
export function sameAddresses(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((address) => right.includes(address));
}
