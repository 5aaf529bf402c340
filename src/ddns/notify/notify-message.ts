import type { WireName } from '../domain/name.js';
import { CLASS_IN, TYPE } from '../domain/rr-type.js';
import { parseSoa } from '../domain/soa.js';
import { FLAG, MAX_UDP_OCTETS, OPCODE, RCODE } from '../wire/message-codes.js';
import { encodeMessage } from '../wire/rr-encoder.js';
import { readMessage, type WireMessage } from '../wire/rr-reader.js';
import { WireFormatError } from '../wire/rr-reader-error.js';

/** The SOA that a NOTIFY tells. */
export interface NotifiedSoa {
  readonly ttl: number;
  readonly rdata: Buffer;
}

/** NOTIFY of a zone's SOA, with the new SOA as a hint (RFC 1996 section 3.7). */
export function notifyMessage(id: number, apex: WireName, soa: NotifiedSoa): Buffer {
  return encodeMessage({
    id,
    flags: (OPCODE.NOTIFY << 11) | FLAG.AA,
    questions: [{ name: apex, type: TYPE.SOA, class: CLASS_IN }],
    answers: [{ name: apex, type: TYPE.SOA, class: CLASS_IN, ...soa }],
  });
}

/** A query without recursion, with an OPT record. */
export function probeMessage(id: number, name: WireName, type: number): Buffer {
  return encodeMessage({
    id,
    flags: 0,
    questions: [{ name, type, class: CLASS_IN }],
    additional: [{ name: '\0', type: TYPE.OPT, class: MAX_UDP_OCTETS, ttl: 0, rdata: Buffer.alloc(0) }],
  });
}

/** The answer to our question, or undefined when it is something else. */
export function readPeerAnswer(answer: Buffer, opcode: number, name: WireName, type: number): WireMessage | undefined {
  let message: WireMessage;
  try {
    message = readMessage(answer);
  } catch (error) {
    if (error instanceof WireFormatError) return undefined;
    throw error;
  }
  if ((message.flags & FLAG.QR) === 0 || ((message.flags >> 11) & 0x0f) !== opcode) return undefined;
  const [question] = message.questions;
  // Some answer an error without the question; the id and the address have to do then.
  if (question && (question.name !== name || question.type !== type)) return undefined;
  return message;
}

/** The serial in an answer with authority, or undefined. */
export function answeredSerial(message: WireMessage, apex: WireName): number | undefined {
  if (rcodeOf(message) !== RCODE.NOERROR || (message.flags & FLAG.AA) === 0) return undefined;
  const soa = message.answers.find(({ name, type }) => name === apex && type === TYPE.SOA);
  return soa && parseSoa(soa.rdata).serial;
}

export function rcodeOf(message: WireMessage): number {
  return message.flags & 0x0f;
}
