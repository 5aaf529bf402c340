/** Header octets before the question (RFC 1035 section 4.1.1): the question's name always stands here. */
export const HEADER_OCTETS = 12;

export const OPCODE = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const;

/** Response codes; those over 15 need an OPT record (RFC 6891 section 6.1.3). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

/** Second header word (RFC 1035 section 4.1.1, RFC 4035 section 3.1.6). */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, AD: 0x0020, CD: 0x0010 } as const;

/** The largest UDP answer that we send, and the size that our OPT states: fits any path without fragments. */
export const MAX_UDP_OCTETS = 1232;

/** The largest UDP answer without EDNS (RFC 1035 section 4.2.1). */
export const PLAIN_UDP_OCTETS = 512;

export const MAX_TCP_OCTETS = 65_535;
