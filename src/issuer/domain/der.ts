/** One value of distinguished encoding rules (X.690 section 10). */
export interface DerValue {
  /** The identifier octet: class, constructed bit and number in one. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Identifier, length and content as they stood in the input. */
  readonly raw: Uint8Array;
}

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context3: 0xa3,
} as const;

const CONSTRUCTED = 0x20;
/** PKIX structures nest about ten deep; the limit keeps hostile ones from exhausting the stack. */
const MAX_DEPTH = 32;

/** What was read is not DER, or not the expected structure. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/**
 * Reads exactly one value, well-formed all the way down. What BER allows beyond DER is refused as CAs refuse it:
 * indefinite and padded lengths, octets after the end. Throws DerError.
 */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readAt(bytes, 0);
  if (value.raw.length !== bytes.length) throw new DerError('octets follow the end of the structure');
  checkNested(value, 0);
  return value;
}

/** The values inside a constructed one, in order. */
export function derChildren(value: DerValue): readonly DerValue[] {
  if ((value.tag & CONSTRUCTED) === 0) throw new DerError('a structure was expected');
  const children: DerValue[] = [];
  for (let offset = 0; offset < value.content.length;) {
    const child = readAt(value.content, offset);
    children.push(child);
    offset += child.raw.length;
  }
  return children;
}

/** The value itself when its tag is the expected one; throws DerError otherwise, also for undefined. */
export function derExpect(value: DerValue | undefined, tag: number, what: string): DerValue {
  if (value?.tag !== tag) throw new DerError(`${what} is missing or of another type`);
  return value;
}

/** An object identifier in dotted decimal. */
export function derOid(value: DerValue | undefined): string {
  const { content } = derExpect(value, DER.oid, 'an object identifier');
  const arcs: bigint[] = [];
  let arc = 0n;
  let inside = false;
  for (const octet of content) {
    if (!inside && octet === 0x80) throw new DerError('an object identifier is padded');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    inside = (octet & 0x80) !== 0;
    if (inside) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const first = arcs.shift();
  if (inside || first === undefined) throw new DerError('an object identifier is cut off');
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...arcs].join('.');
}

/** The octets of a BIT STRING without unused bits, which is what keys and signatures are. */
export function derBits(value: DerValue | undefined, what: string): Uint8Array {
  const { content } = derExpect(value, DER.bitString, what);
  if (content[0] !== 0) throw new DerError(`${what} is not a whole number of octets`);
  return content.subarray(1);
}

function readAt(bytes: Uint8Array, offset: number): DerValue {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new DerError('the structure is cut off');
  if ((tag & 0x1f) === 0x1f) throw new DerError('an unknown type of value is in the structure');
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 3) throw new DerError('a length is indefinite or too large');
    length = 0;
    for (const octet of bytes.subarray(start, start + octets)) length = length * 256 + octet;
    start += octets;
    if (length < 0x80 || length < 256 ** (octets - 1)) throw new DerError('a length is padded');
  }
  const end = start + length;
  if (end > bytes.length) throw new DerError('the structure is cut off');
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(offset, end) };
}

function checkNested(value: DerValue, depth: number): void {
  if ((value.tag & CONSTRUCTED) === 0) return;
  if (depth === MAX_DEPTH) throw new DerError('the structure is nested too deeply');
  for (const child of derChildren(value)) checkNested(child, depth + 1);
}
