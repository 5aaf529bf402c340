import { lowerCaseName, type WireName } from '../domain/name.js';
import { WireFormatError } from './rr-reader-error.js';

/** RFC 1035 section 2.3.4. */
const MAX_NAME_OCTETS = 255;

/**
 * Each hop of a sensible compressed name yields at least a label, and nobody nests them deeper than this; the bound
 * keeps a message of 5,000 names with chains of pointers below a few milliseconds.
 */
const MAX_POINTERS = 16;

/** A name, and where the octets that follow it begin. */
export interface ReadName {
  readonly name: WireName;
  readonly end: number;
}

/** The offset behind the name at `offset`, without following its pointer. */
export function skipName(message: Uint8Array, offset: number): number {
  let at = offset;
  for (;;) {
    const length = message[at];
    if (length === undefined) throw new WireFormatError('A name runs over the end of the message.');
    if (length === 0) return at + 1;
    if (length >= 0xc0) {
      if (at + 1 >= message.length) throw new WireFormatError('A pointer runs over the end of the message.');
      return at + 2;
    }
    if (length > 63) throw new WireFormatError('A label has an unknown type.');
    at += 1 + length;
    if (at - offset > MAX_NAME_OCTETS) throw new WireFormatError('A name is longer than 255 octets.');
  }
}

/**
 * Reads the name at `offset`, following pointers that go strictly backward (RFC 1035 section 4.1.4), and only so many.
 * Throws WireFormatError.
 */
export function readName(message: Buffer, offset: number): ReadName {
  const end = skipName(message, offset);
  let name = '';
  let at = offset;
  let earliest = offset;
  let pointers = 0;
  for (;;) {
    const length = message[at];
    if (length === undefined) throw new WireFormatError('A name runs over the end of the message.');
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (message[at + 1] ?? 0);
      pointers += 1;
      if (at + 1 >= message.length || target < 12 || target >= earliest || pointers > MAX_POINTERS) {
        throw new WireFormatError('A compression pointer does not point to an earlier name.');
      }
      at = target;
      earliest = target;
      continue;
    }
    if (length > 63) throw new WireFormatError('A label has an unknown type.');
    if (at + 1 + length > message.length) throw new WireFormatError('A name runs over the end of the message.');
    name += message.toString('latin1', at, at + 1 + length);
    if (name.length > MAX_NAME_OCTETS) throw new WireFormatError('A name is longer than 255 octets.');
    if (length === 0) return { name: lowerCaseName(name), end };
    at += 1 + length;
  }
}
