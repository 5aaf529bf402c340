import type { WireName } from '../domain/name.js';
import { HEADER_OCTETS } from './message-codes.js';
import { WireFormatError } from './rr-reader-error.js';
import { readName, skipName } from './rr-reader-name.js';
import { readRdata } from './rr-reader-rdata.js';

/** An entry of the question section (UPDATE: the zone section). */
export interface WireQuestion {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
}

/** A resource record of any class, also with empty data. */
export interface WireRecord {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
  /** Seconds; the unsigned 32 bits that stand in the message. */
  readonly ttl: number;
  /** Names uncompressed and in lower case. */
  readonly rdata: Buffer;
}

/** A whole message. The sections of UPDATE (RFC 2136) are zone, prerequisites, updates, additional, in this order. */
export interface WireMessage {
  readonly id: number;
  /** The two octets of QR, opcode, flags and RCODE. */
  readonly flags: number;
  readonly questions: readonly WireQuestion[];
  readonly answers: readonly WireRecord[];
  readonly authority: readonly WireRecord[];
  readonly additional: readonly WireRecord[];
}

/**
 * Reads a message that `dns2` cannot carry: UPDATE, IXFR, NOTIFY and the answers to them. Records of RDLENGTH 0 and of
 * the classes ANY and NONE are kept. Throws WireFormatError for everything that is not exactly a message, also for
 * octets behind it. The time is linear in the message's length, whatever is in it.
 */
export function readMessage(message: Buffer): WireMessage {
  if (message.length < HEADER_OCTETS) throw new WireFormatError('A message has at least 12 octets.');
  const questions: WireQuestion[] = [];
  let at = HEADER_OCTETS;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) {
    const { name, end } = readName(message, at);
    if (end + 4 > message.length) throw new WireFormatError('A question runs over the end of the message.');
    questions.push({ name, type: message.readUInt16BE(end), class: message.readUInt16BE(end + 2) });
    at = end + 4;
  }
  const sections: WireRecord[][] = [[], [], []];
  for (const [index, records] of sections.entries()) {
    for (let left = message.readUInt16BE(6 + 2 * index); left > 0; left -= 1) {
      const { name, end } = readName(message, at);
      const next = recordEnd(message, end);
      const type = message.readUInt16BE(end);
      records.push({
        name,
        type,
        class: message.readUInt16BE(end + 2),
        ttl: message.readUInt32BE(end + 4),
        rdata: readRdata(message, type, end + 10, next),
      });
      at = next;
    }
  }
  if (at !== message.length) throw new WireFormatError('There are octets behind the last record.');
  const [answers = [], authority = [], additional = []] = sections;
  return { id: message.readUInt16BE(0), flags: message.readUInt16BE(2), questions, answers, authority, additional };
}

/**
 * Where the records of the additional section begin, found without reading what stands before them: what an
 * unauthenticated message may cost. Throws WireFormatError.
 * @returns the offsets of the section's records; the last entry is the end of the message.
 */
export function additionalOffsets(message: Buffer): readonly number[] {
  if (message.length < HEADER_OCTETS) throw new WireFormatError('A message has at least 12 octets.');
  let at = HEADER_OCTETS;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) at = skipName(message, at) + 4;
  for (let left = message.readUInt16BE(6) + message.readUInt16BE(8); left > 0; left -= 1) {
    at = recordEnd(message, skipName(message, at));
  }
  const offsets: number[] = [];
  for (let left = message.readUInt16BE(10); left > 0; left -= 1) {
    offsets.push(at);
    at = recordEnd(message, skipName(message, at));
  }
  if (at !== message.length) throw new WireFormatError('There are octets behind the last record.');
  offsets.push(at);
  return offsets;
}

/** The offset behind the record whose TYPE stands at `offset`. */
function recordEnd(message: Buffer, offset: number): number {
  if (offset + 10 > message.length) throw new WireFormatError('A record runs over the end of the message.');
  const end = offset + 10 + message.readUInt16BE(offset + 8);
  if (end > message.length) throw new WireFormatError('A record runs over the end of the message.');
  return end;
}
