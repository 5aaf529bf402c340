import { Packet } from 'dns2';
import { describe, expect, it } from 'vitest';

import { mustWireName } from '../domain/name.js';
import { typeNumber } from '../domain/rr-type.js';
import { formatRdata, parseRdata, RdataTextError } from './rdata-text.js';

const origin = mustWireName('fleet.test');

describe('values in presentation format', () => {
  it.each([
    ['A', '10.0.0.1', '0a000001', '10.0.0.1'],
    ['AAAA', 'FD00::0:4', 'fd000000000000000000000000000004', 'fd00::4'],
    ['AAAA', '::', '00000000000000000000000000000000', '::'],
    ['NS', 'ns1', '036e733105666c656574047465737400', 'ns1.fleet.test.'],
    ['CNAME', '@', '05666c656574047465737400', 'fleet.test.'],
    ['CNAME', 'WWW.Example.', '03777777076578616d706c6500', 'www.example.'],
    ['CNAME', 'a\\.b.', '03612e6200', 'a\\046b.'],
    ['MX', '10 @', '000a05666c656574047465737400', '10 fleet.test.'],
    ['TXT', 'plain', '05706c61696e', '"plain"'],
    ['TXT', '"a b" c', '036120620163', '"a b" "c"'],
    ['TXT', '"q\\"\\\\\\065\\255"', '0571225c41ff', '"q\\"\\\\A\\255"'],
    ['TXT', '""', '00', '""'],
    [
      'CAA',
      '0 issue "ca.test; accounturi=https://x"',
      Buffer.from('\0\x05issueca.test; accounturi=https://x').toString('hex'),
      '0 issue "ca.test; accounturi=https://x"',
    ],
    ['CAA', '128 ISSUEWILD ;', Buffer.from('\x80\x09issuewild;', 'latin1').toString('hex'), '128 issuewild ";"'],
  ])('%s %s', (type, text, hex, back) => {
    const rdata = parseRdata(typeNumber(type)!, text, origin);
    expect(rdata.toString('hex')).toBe(hex);
    expect(formatRdata(typeNumber(type)!, rdata)).toBe(back);
    expect(parseRdata(typeNumber(type)!, back, origin)).toEqual(rdata);
  });

  it('split a text over 255 octets, which its readers join', () => {
    const rdata = parseRdata(16, `"${'x'.repeat(600)}"`, origin);
    expect([rdata[0], rdata[256], rdata[512]]).toEqual([255, 255, 90]);
    const reader = new Packet.Reader(
      Buffer.concat([Buffer.from([0, 0, 16, 0, 1, 0, 0, 0, 60, rdata.length >> 8, rdata.length & 255]), rdata]),
    );
    expect((Packet.Resource.decode(reader).data as string[]).join('')).toBe('x'.repeat(600));
  });

  it.each([
    ['A', '10.0.0.256'],
    ['A', '10.1'],
    ['AAAA', '::ffff:10.0.0.1'],
    ['NS', 'a..b'],
    ['CNAME', 'two words'],
    ['MX', '70000 a'],
    ['MX', '10 a b'],
    ['TXT', ''],
    ['TXT', '"a'],
    ['TXT', '"a"b"'],
    ['TXT', '\\256'],
    ['CAA', '256 issue "x"'],
    ['CAA', '0 iss-ue "x"'],
    ['CAA', '0 issue "ä"'],
    ['CAA', '0 issue'],
    ['SOA', 'x'],
  ])('%s %s are refused with a sentence', (type, text) => {
    expect(() => parseRdata(typeNumber(type)!, text, origin)).toThrow(RdataTextError);
  });

  it('of unknown types are shown as RFC 3597 has it', () => {
    expect(formatRdata(65_280, Buffer.from([1, 2]))).toBe('\\# 2 0102');
    expect(formatRdata(65_280, Buffer.alloc(0))).toBe('\\# 0');
  });
});
