import { presentName } from '../domain/name.js';
import { TYPE } from '../domain/rr-type.js';
import { parseCharacterStrings } from '../wire/character-strings.js';
import { matchAnswer, type DnsQuery } from '../wire/dns-query.js';
import { FLAG } from '../wire/message-codes.js';
import { formatRdata } from '../wire/rdata-text.js';
import { readName } from '../wire/rr-reader-name.js';
import { readMessage, type WireRecord } from '../wire/rr-reader.js';
import type { ObservedAnswer, ObservedRecord } from './domain/observation.js';

/** What a message says, for the checks. Throws WireFormatError. */
export function observe(query: DnsQuery, message: Buffer): ObservedAnswer {
  const { flags, answers, authority, additional } = readMessage(message);
  const opt = additional.find(({ type }) => type === TYPE.OPT);
  return {
    kind: 'answer',
    rcode: (flags & 0x0f) | (opt === undefined ? 0 : (opt.ttl >>> 24) << 4),
    aa: (flags & FLAG.AA) !== 0,
    ra: (flags & FLAG.RA) !== 0,
    tc: (flags & FLAG.TC) !== 0,
    caseKept: matchAnswer(query, message) === 'answer',
    octets: message.length,
    ...(opt && { edns: { version: (opt.ttl >>> 16) & 0xff, optionCodes: optionCodes(opt.rdata) } }),
    answers: answers.map(observeRecord),
    authority: authority.map(observeRecord),
    additional: additional.filter(({ type }) => type !== TYPE.OPT).map(observeRecord),
  };
}

function observeRecord({ name, type, ttl, rdata }: WireRecord): ObservedRecord {
  const record = { name: presentName(name), type, ttl, value: valueOf(type, rdata) };
  if (type !== TYPE.CAA) return record;
  const value = 2 + (rdata[1] ?? 0);
  const caa = { flags: rdata[0] ?? 0, tag: rdata.toString('latin1', 2, value), value: rdata.toString('latin1', value) };
  return { ...record, caa };
}

function valueOf(type: number, rdata: Buffer): string {
  switch (type) {
    case TYPE.NS:
    case TYPE.CNAME:
      return presentName(rdata.toString('latin1'));
    case TYPE.TXT:
      return Buffer.concat(parseCharacterStrings(rdata) ?? []).toString('latin1');
    case TYPE.SOA: {
      const mname = readName(rdata, 0);
      const rname = readName(rdata, mname.end);
      const numbers = [0, 4, 8, 12, 16].map((offset) => rdata.readUInt32BE(rname.end + offset));
      return [presentName(mname.name), presentName(rname.name), ...numbers].join(' ');
    }
    default:
      return formatRdata(type, rdata);
  }
}

function optionCodes(rdata: Buffer): readonly number[] {
  const codes: number[] = [];
  for (let at = 0; at + 4 <= rdata.length; at += 4 + rdata.readUInt16BE(at + 2)) codes.push(rdata.readUInt16BE(at));
  return codes;
}
