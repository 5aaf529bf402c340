import type { WireName } from '../domain/name.js';
import { HEADER_OCTETS } from './message-codes.js';
import type { WireMessage, WireRecord } from './rr-reader.js';

/** What a message consists of; sections that are left out are empty. */
export type MessageParts = Pick<WireMessage, 'id' | 'flags'> & Partial<Omit<WireMessage, 'id' | 'flags'>>;

/**
 * The octets of a message, without compression: for the few small ones that are neither answers to queries nor
 * transfers (NOTIFY, our own SOA queries, answers to UPDATE). The inverse of readMessage.
 */
export function encodeMessage(parts: MessageParts): Buffer {
  const { questions = [], answers = [], authority = [], additional = [] } = parts;
  const header = Buffer.alloc(HEADER_OCTETS);
  [parts.id, parts.flags, questions.length, answers.length, authority.length, additional.length].forEach(
    (word, index) => header.writeUInt16BE(word, 2 * index),
  );
  return Buffer.concat([
    header,
    ...questions.map(({ name, type, class: klass }) => namedWords(name, [type, klass])),
    ...[answers, authority, additional].flat().flatMap(encodeRecord),
  ]);
}

function encodeRecord({ name, type, class: klass, ttl, rdata }: WireRecord): Buffer[] {
  return [namedWords(name, [type, klass, ttl >>> 16, ttl & 0xffff, rdata.length]), rdata];
}

function namedWords(name: WireName, words: readonly number[]): Buffer {
  const octets = Buffer.alloc(name.length + 2 * words.length);
  octets.write(name, 'latin1');
  words.forEach((word, index) => octets.writeUInt16BE(word, name.length + 2 * index));
  return octets;
}
