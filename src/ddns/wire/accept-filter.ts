import { CLASS_IN, TYPE } from '../domain/rr-type.js';
import { HEADER_OCTETS, OPCODE, RCODE } from './message-codes.js';
import type { Query } from './query.js';

/** Say nothing: the message is no query, and any answer could start a loop between two servers. */
export const SILENCE = -1;

const MAX_NAME_OCTETS = 255;
const MAX_LABEL_OCTETS = 63;
const COOKIE_OPTION = 10;

/** TYPE 2, CLASS 2, TTL 4, RDLENGTH 2. */
const RECORD_FIELDS_OCTETS = 10;

const lowerCase = Uint8Array.from({ length: 256 }, (_, octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet));
const loweredName = Buffer.alloc(MAX_NAME_OCTETS);

/**
 * Looks at a message before anything is done with it, in time linear in its length and without following a single
 * pointer. Fills `query` as far as it reads.
 * @returns RCODE.NOERROR: a well-formed message with one question of class IN; SILENCE; or the RCODE to refuse it with.
 */
export function acceptMessage(message: Buffer, query: Query): number {
  if (message.length < HEADER_OCTETS || (message[2]! & 0x80) !== 0) return SILENCE;
  query.reset(message);
  const { opcode } = query;
  if (opcode !== OPCODE.QUERY && opcode !== OPCODE.NOTIFY && opcode !== OPCODE.UPDATE) return RCODE.NOTIMP;
  // RFC 9619: exactly one question; NOTIFY and UPDATE have one entry there too.
  if (message[4] !== 0 || message[5] !== 1) return RCODE.FORMERR;

  const questionEnd = readQuestion(message, query);
  if (questionEnd < 0) return RCODE.FORMERR;
  query.questionEnd = questionEnd;
  if ((message.length !== questionEnd || hasRecords(message)) && !readRecords(message, questionEnd, query)) {
    return RCODE.FORMERR;
  }
  if (query.ednsVersion !== 0) return RCODE.BADVERS;
  return query.qclass === CLASS_IN ? RCODE.NOERROR : RCODE.REFUSED;
}

/** Is any of ANCOUNT, NSCOUNT and ARCOUNT not 0? */
function hasRecords(message: Buffer): boolean {
  return (message[6]! | message[7]! | message[8]! | message[9]! | message[10]! | message[11]!) !== 0;
}

/** @returns the offset behind the question, or -1 when it is broken; a compression pointer in it is (RFC 9619). */
function readQuestion(message: Buffer, query: Query): number {
  const { length } = message;
  let at = HEADER_OCTETS;
  for (;;) {
    if (at >= length) return -1;
    const label = message[at]!;
    loweredName[at - HEADER_OCTETS] = label;
    at += 1;
    if (label === 0) break;
    const end = at + label;
    if (label > MAX_LABEL_OCTETS || end >= length || end - HEADER_OCTETS >= MAX_NAME_OCTETS) return -1;
    for (; at < end; at += 1) loweredName[at - HEADER_OCTETS] = lowerCase[message[at]!]!;
  }
  if (at + 4 > length) return -1;
  query.qname = loweredName.toString('latin1', 0, at - HEADER_OCTETS);
  query.qtype = (message[at]! << 8) | message[at + 1]!;
  query.qclass = (message[at + 2]! << 8) | message[at + 3]!;
  return at + 4;
}

/** Walks the records behind the question: OPT and TSIG are noted, the others only measured. */
function readRecords(message: Buffer, questionEnd: number, query: Query): boolean {
  const before = message.readUInt16BE(6) + message.readUInt16BE(8);
  const total = before + message.readUInt16BE(10);
  let at = questionEnd;
  for (let index = 0; index < total; index += 1) {
    const fields = skipName(message, at);
    if (fields < 0 || fields + RECORD_FIELDS_OCTETS > message.length) return false;
    const data = fields + RECORD_FIELDS_OCTETS;
    const end = data + ((message[data - 2]! << 8) | message[data - 1]!);
    if (end > message.length) return false;
    const type = (message[fields]! << 8) | message[fields + 1]!;
    if (type === TYPE.OPT) {
      // RFC 6891 section 6.1.1: one, in the additional section, owned by the root.
      if (query.edns || index < before || message[at] !== 0 || !readOpt(message, fields, end, query)) return false;
    } else if (type === TYPE.TSIG) {
      // RFC 8945 section 5.2: the last record of the additional section.
      if (index < before || index !== total - 1) return false;
      query.tsigOffset = at;
    }
    at = end;
  }
  return at === message.length;
}

function readOpt(message: Buffer, fields: number, end: number, query: Query): boolean {
  query.edns = true;
  query.setUdpPayloadOctets((message[fields + 2]! << 8) | message[fields + 3]!);
  query.ednsVersion = message[fields + 5]!;
  query.dnssecOk = (message[fields + 6]! & 0x80) !== 0;
  let at = fields + RECORD_FIELDS_OCTETS;
  while (at < end) {
    if (at + 4 > end) return false;
    const code = (message[at]! << 8) | message[at + 1]!;
    const octets = (message[at + 2]! << 8) | message[at + 3]!;
    at += 4;
    if (at + octets > end) return false;
    if (code === COOKIE_OPTION && query.cookieOffset === 0) {
      query.cookieOffset = at;
      query.cookieOctets = octets;
    }
    at += octets;
  }
  return true;
}

/** The offset behind a name, compressed or not; -1 when it is broken. */
function skipName(message: Buffer, offset: number): number {
  let at = offset;
  while (at < message.length) {
    const label = message[at]!;
    if (label === 0) return at + 1;
    if (label >= 0xc0) return at + 2;
    if (label > MAX_LABEL_OCTETS) return -1;
    at += 1 + label;
  }
  return -1;
}
