import type { WireName } from '../domain/name.js';
import { CLASS_IN, TYPE } from '../domain/rr-type.js';
import { FLAG, OPCODE } from '../wire/message-codes.js';
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

/** The answer to our NOTIFY, or undefined when it is something else. */
export function readNotifyAnswer(answer: Buffer, apex: WireName): WireMessage | undefined {
  let message: WireMessage;
  try {
    message = readMessage(answer);
  } catch (error) {
    if (error instanceof WireFormatError) return undefined;
    throw error;
  }
  if ((message.flags & FLAG.QR) === 0 || ((message.flags >> 11) & 0x0f) !== OPCODE.NOTIFY) return undefined;
  const [question] = message.questions;
  // Some answer an error without the question; the id and the address have to do then.
  if (question && (question.name !== apex || question.type !== TYPE.SOA)) return undefined;
  return message;
}

export function rcodeOf(message: WireMessage): number {
  return message.flags & 0x0f;
}
