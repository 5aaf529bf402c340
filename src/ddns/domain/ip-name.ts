import { addressBytes, addressFamily, normalizeAddress } from '../../kernel/ip-address.js';

/**
 * IP-encoded labels: `10-1-1-4` for 10.1.1.4, `fd00--4` for fd00::4. They let one device be reached by several
 * addresses under names that one wildcard certificate covers.
 */
const IPV4_LABEL = /^\d{1,3}(-\d{1,3}){3}$/;
const IPV6_LABEL = /^[0-9a-f-]{2,39}$/;

/** The label of a normalized address. */
export function labelOfAddress(address: string): string {
  if (addressFamily(address) === 4) return address.replaceAll('.', '-');
  // No hyphen at an end, where a host name may not have one (RFC 1123 section 2.1): ::1 is 0--1.
  const text = address.replaceAll(':', '-');
  return `${text.startsWith('-') ? '0' : ''}${text}${text.endsWith('-') ? '0' : ''}`;
}

/** The normalized address that a label in lower case stands for, or undefined. */
export function addressOfLabel(label: string): string | undefined {
  if (IPV4_LABEL.test(label)) return normalizeAddress(label.replaceAll('-', '.'));
  if (!IPV6_LABEL.test(label) || !label.includes('-')) return undefined;
  return normalizeAddress(label.replaceAll('-', ':'));
}

/** The RDATA of an A or AAAA record, for a normalized address. */
export function addressRdata(address: string): Uint8Array {
  return addressBytes(address);
}
