import { mustWireName } from '../../../src/ddns/domain/name.js';
import { typeNumber } from '../../../src/ddns/domain/rr-type.js';

export interface EdnsWanted {
  readonly size?: number;
  readonly version?: number;
  /** The 16 bits of flags; 0x8000 is DO. */
  readonly flags?: number;
  readonly options?: Buffer;
}

export interface QueryWanted {
  /** Presentation format, case kept; default `dev1.fleet.test`. */
  readonly name?: string;
  /** The name's octets themselves. */
  readonly wire?: Buffer;
  readonly type?: string;
  readonly class?: number;
  readonly id?: number;
  /** The second header word: QR, opcode, flags, RCODE. */
  readonly flags?: number;
  readonly counts?: readonly [number, number, number, number];
  readonly edns?: EdnsWanted;
  /** What follows behind everything else. */
  readonly tail?: Buffer;
}

/** A message made octet by octet, so that everything about it can be wrong. */
export function aQuery(wanted: QueryWanted = {}): Buffer {
  const name = wanted.wire ?? caseKeptName(wanted.name ?? 'dev1.fleet.test');
  const header = Buffer.alloc(12);
  header.writeUInt16BE(wanted.id ?? 0x1234, 0);
  header.writeUInt16BE(wanted.flags ?? 0, 2);
  const counts = wanted.counts ?? [1, 0, 0, wanted.edns ? 1 : 0];
  counts.forEach((count, index) => header.writeUInt16BE(count, 4 + 2 * index));
  const fields = Buffer.alloc(4);
  fields.writeUInt16BE(typeNumber(wanted.type ?? 'A')!, 0);
  fields.writeUInt16BE(wanted.class ?? 1, 2);
  return Buffer.concat([
    header,
    name,
    fields,
    ...(wanted.edns ? [anOpt(wanted.edns)] : []),
    wanted.tail ?? Buffer.alloc(0),
  ]);
}

export function anOpt({ size = 1232, version = 0, flags = 0, options = Buffer.alloc(0) }: EdnsWanted = {}): Buffer {
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(41, 1);
  opt.writeUInt16BE(size, 3);
  opt.writeUInt8(version, 6);
  opt.writeUInt16BE(flags, 7);
  opt.writeUInt16BE(options.length, 9);
  return Buffer.concat([opt, options]);
}

/** An EDNS option. */
export function anOption(code: number, data: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(code, 0);
  header.writeUInt16BE(data.length, 2);
  return Buffer.concat([header, data]);
}

function caseKeptName(text: string): Buffer {
  const octets = Buffer.from(mustWireName(text), 'latin1');
  // mustWireName lowers the case; the tests' names have no escapes, so the letters stand where they stood.
  const letters = Buffer.from(text.endsWith('.') ? text : `${text}.`, 'latin1');
  for (let index = 0; index < octets.length - 1; index += 1) {
    const letter = letters[index - 1];
    if (index > 0 && letter !== undefined && letter !== 0x2e) octets[index] = letter;
  }
  return octets;
}
