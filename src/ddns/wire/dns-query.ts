import { mustWireName } from '../domain/name.js';
import { CLASS_IN, TYPE } from '../domain/rr-type.js';
import { FLAG, HEADER_OCTETS } from './message-codes.js';

export const RR_TYPE = { CNAME: TYPE.CNAME, SOA: TYPE.SOA, TXT: TYPE.TXT, CAA: TYPE.CAA } as const;

/** What the CA's resolvers announce (field notes, section 3). */
const EDNS_UDP_OCTETS = 1232;

export interface DnsQueryOptions {
  /** The RD flag: for a resolver. */
  readonly recursion?: boolean;
  /** RFC 6891; false: no OPT record. */
  readonly edns?: false | { readonly version?: number; readonly optionCode?: number };
}

/** A query as it is sent, and the part of it that an answer has to repeat octet by octet. */
export interface DnsQuery {
  readonly message: Buffer;
  readonly question: Buffer;
}

/**
 * A query for `name` (presentation format, no final dot), by default with EDNS and without recursion. The letters' case
 * is random (0x20): whoever forges an answer has to guess it along with the id and the port.
 * @param random octets: two for the id, then one for each letter
 */
export function dnsQuery(
  name: string,
  type: number,
  random: (octets: number) => Uint8Array,
  { recursion = false, edns = {} }: DnsQueryOptions = {},
): DnsQuery {
  const wire = Buffer.from(mustWireName(name), 'latin1');
  const coins = random(2 + wire.length);
  for (const [index, octet] of wire.entries()) {
    const isLetter = octet >= 0x61 && octet <= 0x7a;
    if (isLetter && ((coins[index + 2] ?? 0) & 1) === 1) wire[index] = octet - 0x20;
  }
  const question = Buffer.alloc(wire.length + 4);
  wire.copy(question);
  question.writeUInt16BE(type, wire.length);
  question.writeUInt16BE(CLASS_IN, wire.length + 2);

  const header = Buffer.alloc(HEADER_OCTETS);
  Buffer.from(coins.subarray(0, 2)).copy(header);
  header.writeUInt16BE(recursion ? FLAG.RD : 0, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(edns === false ? 0 : 1, 10);
  return { message: Buffer.concat([header, question, edns === false ? Buffer.alloc(0) : opt(edns)]), question };
}

/** RFC 6891 section 6.1.2: the root, OPT, the size, the version, no flags, and at most one option, without data. */
function opt({ version = 0, optionCode }: { readonly version?: number; readonly optionCode?: number }): Buffer {
  const record = Buffer.alloc(optionCode === undefined ? 11 : 15);
  record.writeUInt16BE(TYPE.OPT, 1);
  record.writeUInt16BE(EDNS_UDP_OCTETS, 3);
  record[6] = version;
  if (optionCode !== undefined) {
    record.writeUInt16BE(4, 9);
    record.writeUInt16BE(optionCode, 11);
  }
  return record;
}

/** How a message relates to a query of ours. */
export type AnswerMatch = 'answer' | 'letter-case-changed' | 'unrelated';

/** An answer repeats the id and the question, the case of its letters included. */
export function matchAnswer(query: DnsQuery, message: Buffer): AnswerMatch {
  if (message.length < HEADER_OCTETS || message.readUInt16BE(0) !== query.message.readUInt16BE(0)) return 'unrelated';
  const isResponse = (message.readUInt16BE(2) & 0x8000) !== 0;
  if (!isResponse) return 'unrelated';
  // A server that could not read the query cannot repeat its question.
  const questions = message.readUInt16BE(4);
  if (questions === 0 && responseCode(message) !== 0) return 'answer';
  const question = message.subarray(HEADER_OCTETS, HEADER_OCTETS + query.question.length);
  if (questions !== 1 || question.length !== query.question.length) return 'unrelated';
  if (question.equals(query.question)) return 'answer';
  return lowerCase(question).equals(lowerCase(query.question)) ? 'letter-case-changed' : 'unrelated';
}

/** As matchAnswer, for who asks whether a server answers at all, and looks at the letters' case later or never. */
export function anySpelling(query: DnsQuery, message: Buffer): AnswerMatch {
  return matchAnswer(query, message) === 'unrelated' ? 'unrelated' : 'answer';
}

export function isTruncated(message: Buffer): boolean {
  return (message.readUInt16BE(2) & 0x0200) !== 0;
}

/** The four bits of the header; the upper ones, in OPT, are only set for what is an error anyway. */
export function responseCode(message: Buffer): number {
  return message.readUInt16BE(2) & 0x000f;
}

function lowerCase(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').toLowerCase(), 'latin1');
}
