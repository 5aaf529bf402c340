import { Packet } from 'dns2';

import { normalizeAddress, addressFamily, addressFromBytes } from '../../kernel/ip-address.js';
import { presentName, wireName, type WireName } from '../domain/name.js';
import { TYPE, typeName } from '../domain/rr-type.js';
import { characterStrings, parseCharacterStrings } from './character-strings.js';

/** What is wrong with a value in presentation format; a sentence for who wrote it. */
export class RdataTextError extends Error {
  override readonly name = 'RdataTextError';
}

/** dns2 writes an owner of one octet, TYPE, CLASS, TTL and RDLENGTH before the RDATA. */
const ENCODED_PREFIX_OCTETS = 11;

const PARSERS: ReadonlyMap<number, (text: string, origin: WireName) => Buffer> = new Map([
  [TYPE.A, (text: string) => parseAddress(text, 4)],
  [TYPE.AAAA, (text: string) => parseAddress(text, 6)],
  [TYPE.NS, (text: string, origin: WireName) => parseTarget(text, origin)],
  [TYPE.CNAME, (text: string, origin: WireName) => parseTarget(text, origin)],
  [TYPE.MX, parseMx],
  [TYPE.TXT, (text: string) => characterStrings(parseStrings(text))],
  [TYPE.CAA, (text: string) => parseCaa(text)],
]);

/** The types whose values can be written in presentation format here. */
export const TEXT_TYPES: readonly number[] = [...PARSERS.keys()];

/**
 * The RDATA of a value in presentation format (RFC 1035 section 5.1). Names that do not end in a dot are relative to
 * `origin`, and `@` is the origin itself. dns2 is the codec of A, AAAA and CAA; names with escapes and long or
 * binary texts are not among what it gets right.
 * @throws RdataTextError
 */
export function parseRdata(type: number, text: string, origin: WireName): Buffer {
  const parser = PARSERS.get(type);
  if (!parser) throw new RdataTextError(`Values of type ${typeName(type)} cannot be set here.`);
  return parser(text.trim(), origin);
}

/** A value in presentation format, names absolute with their final dot; RFC 3597's form for types unknown here. */
export function formatRdata(type: number, rdata: Buffer): string {
  switch (type) {
    case TYPE.A:
    case TYPE.AAAA:
      return addressFromBytes(rdata);
    case TYPE.NS:
    case TYPE.CNAME:
      return formatName(rdata);
    case TYPE.MX:
      return `${rdata.readUInt16BE(0)} ${formatName(rdata.subarray(2))}`;
    case TYPE.TXT:
      return (parseCharacterStrings(rdata) ?? []).map(quote).join(' ');
    case TYPE.CAA: {
      const value = 2 + rdata[1]!;
      return `${rdata[0]} ${rdata.toString('latin1', 2, value)} ${quote(rdata.subarray(value))}`;
    }
    default:
      return `\\# ${rdata.length}${rdata.length > 0 ? ` ${rdata.toString('hex')}` : ''}`;
  }
}

function parseAddress(text: string, family: 4 | 6): Buffer {
  const address = normalizeAddress(text);
  if (address === undefined || addressFamily(address) !== family) {
    throw new RdataTextError(`${JSON.stringify(text)} is not an IPv${family} address.`);
  }
  return encode({ type: family === 4 ? TYPE.A : TYPE.AAAA, address });
}

function parseTarget(text: string, origin: WireName): Buffer {
  return Buffer.from(parseName(text, origin), 'latin1');
}

function parseName(text: string, origin: WireName): WireName {
  if (text === '@') return origin;
  const own = wireName(text);
  const isAbsolute = /(^|[^\\])(\\\\)*\.$/.test(text);
  const name = own !== undefined && !isAbsolute ? own.slice(0, -1) + origin : own;
  if (name === undefined || name.length > 255) {
    throw new RdataTextError(`${JSON.stringify(text)} is not a domain name (absolute names end in a dot).`);
  }
  return name;
}

function parseMx(text: string, origin: WireName): Buffer {
  const [preference = '', exchange = '', ...rest] = text.split(/\s+/);
  if (!/^\d{1,5}$/.test(preference) || Number(preference) > 0xffff || exchange === '' || rest.length > 0) {
    throw new RdataTextError(`${JSON.stringify(text)} is not an MX value: write it as "10 mail.example.com.".`);
  }
  const target = parseName(exchange, origin);
  const priority = Buffer.from([Number(preference) >> 8, Number(preference) & 0xff]);
  return Buffer.concat([priority, Buffer.from(target, 'latin1')]);
}

function parseCaa(text: string): Buffer {
  const [, flags = '', tag = '', rest = ''] = /^(\d{1,3})\s+([A-Za-z0-9]{1,15})\s+(.*)$/.exec(text) ?? [];
  const values = tag === '' ? [] : parseStrings(rest);
  const value = values[0];
  if (tag === '' || Number(flags) > 255 || values.length !== 1 || value === undefined) {
    throw new RdataTextError(`${JSON.stringify(text)} is not a CAA value: write it as 0 issue "ca.example".`);
  }
  if (value.some((octet) => octet > 0x7e)) throw new RdataTextError('A CAA value has ASCII characters only.');
  return encode({ type: TYPE.CAA, flags: Number(flags), tag: tag.toLowerCase(), value: value.toString('latin1') });
}

/** Quoted or plain strings, with `\"` and `\DDD` escapes. */
function parseStrings(text: string): Buffer[] {
  const strings: Buffer[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+))/gsy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) throw new RdataTextError(`${JSON.stringify(text)} is not a text: quote it, and escape quotes in it.`);
    strings.push(unescape(match[1] ?? match[2] ?? ''));
  }
  if (strings.length === 0) throw new RdataTextError('A text may not be missing: write "" for an empty one.');
  return strings;
}

function unescape(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const part of text.match(/\\\d{3}|\\.|[^\\]+/gs) ?? []) {
    if (/^\\\d{3}$/.test(part)) {
      if (Number(part.slice(1)) > 255) throw new RdataTextError(`${part} is not an octet: the largest is \\255.`);
      parts.push(Buffer.from([Number(part.slice(1))]));
    } else {
      parts.push(Buffer.from(part.startsWith('\\') ? part.slice(1) : part, 'utf8'));
    }
  }
  return Buffer.concat(parts);
}

function quote(octets: Buffer): string {
  let text = '';
  for (const octet of octets) {
    if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else text += octet === 0x22 || octet === 0x5c ? `\\${String.fromCharCode(octet)}` : String.fromCharCode(octet);
  }
  return `"${text}"`;
}

function formatName(octets: Buffer): string {
  const name = presentName(octets.toString('latin1'));
  return name === '.' ? name : `${name}.`;
}

function encode(fields: Partial<Packet['answers'][number]>): Buffer {
  const resource = Object.assign(new Packet.Resource('', fields.type, Packet.CLASS.IN, 0), fields);
  return Packet.Resource.encode(resource).subarray(ENCODED_PREFIX_OCTETS);
}
