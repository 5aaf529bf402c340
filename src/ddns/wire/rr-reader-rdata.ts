import { WireFormatError } from './rr-reader-error.js';
import { readName } from './rr-reader-name.js';

/**
 * What record data is made of: a number of octets, `name`, `strings` (one or more character-strings to the end) or
 * `rest`. Types that are not listed are opaque (RFC 3597).
 */
type Part = number | 'name' | 'strings' | 'rest';

const LAYOUTS: ReadonlyMap<number, readonly Part[]> = new Map<number, readonly Part[]>([
  [1, [4]], // A
  [2, ['name']], // NS
  [3, ['name']], // MD
  [4, ['name']], // MF
  [5, ['name']], // CNAME
  [6, ['name', 'name', 20]], // SOA
  [7, ['name']], // MB
  [8, ['name']], // MG
  [9, ['name']], // MR
  [12, ['name']], // PTR
  [14, ['name', 'name']], // MINFO
  [15, [2, 'name']], // MX
  [16, ['strings']], // TXT
  [17, ['name', 'name']], // RP
  [18, [2, 'name']], // AFSDB
  [21, [2, 'name']], // RT
  [28, [16]], // AAAA
  [33, [6, 'name']], // SRV: compressed by RFC 2052, and must be read so (RFC 3597 section 4)
  [39, ['name']], // DNAME
  [257, [2, 'rest']], // CAA
]);

/**
 * The record data in `message` from `start` to `end` with its names uncompressed and in lower case, so that equal data
 * are equal octets. Throws WireFormatError when they are not what the type demands. Empty data (UPDATE's class ANY)
 * stay empty: whether they are allowed is for the caller to say.
 */
export function readRdata(message: Buffer, type: number, start: number, end: number): Buffer {
  const layout = LAYOUTS.get(type);
  if (start === end) return Buffer.alloc(0);
  if (layout === undefined) return Buffer.from(message.subarray(start, end));

  const pieces: Uint8Array[] = [];
  let at = start;
  for (const part of layout) {
    if (part === 'name') {
      const { name, end: nameEnd } = readName(message, at);
      pieces.push(Buffer.from(name, 'latin1'));
      at = nameEnd;
    } else {
      const next = part === 'strings' ? checkStrings(message, at, end) : part === 'rest' ? end : at + part;
      pieces.push(message.subarray(at, next));
      at = next;
    }
    if (at > end) throw new WireFormatError(`The data of a type ${type} record is too short.`);
  }
  if (at !== end) throw new WireFormatError(`The data of a type ${type} record is too long.`);
  return Buffer.concat(pieces);
}

/** RFC 1035 section 3.3.14: one or more character-strings. */
function checkStrings(message: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) at += 1 + message[at]!;
  if (at > end) throw new WireFormatError('A character-string runs over the end of its record.');
  return at;
}
