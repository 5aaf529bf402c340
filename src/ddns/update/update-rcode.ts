import type { UpdateRcode } from './domain/update-request.js';

/** RFC 2136 section 2.2. */
const NUMBERS: Readonly<Record<UpdateRcode | 'NOERROR' | 'SERVFAIL', number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTZONE: 10,
};

/** The RCODE's number in a message. */
export function updateRcodeNumber(rcode: keyof typeof NUMBERS): number {
  return NUMBERS[rcode];
}
