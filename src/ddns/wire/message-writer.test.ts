import { Packet } from 'dns2';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { childOf, mustWireName, presentName, type WireName } from '../domain/name.js';
import { Rrset } from '../domain/rrset.js';
import { TYPE } from '../domain/rr-type.js';
import { MessageWriter } from './message-writer.js';
import { readMessage } from './rr-reader.js';

const QNAME = mustWireName('www.fleet.test');

/** A message with these RRsets as answers. */
function write(rrsets: readonly { owner: WireName; rrset: Rrset }[], limit = 65_535): Buffer {
  const writer = new MessageWriter(Buffer.alloc(65_535));
  writer.octets.write(QNAME, 12, 'latin1');
  writer.octets.writeUInt16BE(TYPE.A, 12 + QNAME.length);
  writer.octets.writeUInt16BE(1, 14 + QNAME.length);
  writer.begin(QNAME, 16 + QNAME.length, limit);
  const count = rrsets.reduce((sum, { owner, rrset }) => sum + writer.writeRrset(owner, rrset), 0);
  writer.octets.writeUInt16BE(1, 4);
  writer.octets.writeUInt16BE(count, 6);
  return Buffer.from(writer.octets.subarray(0, writer.length));
}

function pointing(type: number, target: string): Rrset {
  const name = Buffer.from(mustWireName(target), 'latin1');
  return Rrset.of(type, 60, [type === TYPE.MX ? Buffer.concat([Buffer.from([0, 10]), name]) : name]);
}

describe('the message writer', () => {
  it('lets every later name point to an earlier one', () => {
    const message = write([
      { owner: QNAME, rrset: pointing(TYPE.CNAME, 'web.fleet.test') },
      { owner: mustWireName('web.fleet.test'), rrset: pointing(TYPE.MX, 'mail.web.fleet.test') },
      { owner: mustWireName('fleet.test'), rrset: pointing(TYPE.NS, 'ns.other.example') },
      { owner: mustWireName('ns.other.example'), rrset: Rrset.of(TYPE.A, 60, [Buffer.from([10, 0, 0, 1])]) },
    ]);
    const { answers, errors } = Packet.parse(message);
    expect(errors).toEqual([]);
    expect(
      answers.map(({ name, domain, exchange, ns, address }) => [name, domain ?? exchange ?? ns ?? address]),
    ).toEqual([
      ['www.fleet.test', 'web.fleet.test'],
      ['web.fleet.test', 'mail.web.fleet.test'],
      ['fleet.test', 'ns.other.example'],
      ['ns.other.example', '10.0.0.1'],
    ]);
    // Each label stands once, but the question's.
    for (const label of ['web', 'fleet', 'test', 'mail', 'other', 'example']) {
      expect(message.toString('latin1').split(label)).toHaveLength(2);
    }
  });

  it('does not compress names in types younger than RFC 1035', () => {
    const srv = Buffer.concat([Buffer.alloc(6), Buffer.from(mustWireName('www.fleet.test'), 'latin1')]);
    const message = write([{ owner: QNAME, rrset: Rrset.of(33, 60, [srv]) }]);
    expect(message.subarray(-srv.length)).toEqual(srv);
  });

  it('does not take a dot inside a label for one between labels', () => {
    const dotted = mustWireName('a\\.fleet.test');
    const message = write([{ owner: dotted, rrset: pointing(TYPE.CNAME, 'b\\.fleet.test') }]);
    const [record] = readMessage(message).answers;
    expect(record?.name).toBe(dotted);
    expect(record?.rdata.toString('latin1')).toBe(mustWireName('b\\.fleet.test'));
  });

  it('writes an RRset whole or not at all, and then goes on as if nothing had been', () => {
    const long = {
      owner: mustWireName('long.fleet.test'),
      rrset: Rrset.of(TYPE.TXT, 60, [Buffer.alloc(300, 1), Buffer.alloc(300, 2)]),
    };
    const short = { owner: mustWireName('x.long.fleet.test'), rrset: Rrset.of(TYPE.A, 60, [Buffer.alloc(4)]) };
    expect(write([long, short], 512)).toEqual(write([short], 512));
  });

  it('writes messages that read back as what was written', () => {
    const label = fc.constantFrom('a', 'b', 'fleet', 'test', 'A.b');
    const name = fc
      .array(label, { maxLength: 5 })
      .map((labels) => labels.reduceRight<WireName>((parent, part) => childOf(part, parent)!, '\0'));
    const rrset = fc.oneof(
      fc
        .record({ owner: name, target: name, type: fc.constantFrom(TYPE.NS, TYPE.CNAME, TYPE.PTR) })
        .map(({ owner, target, type }) => ({ owner, rrset: Rrset.of(type, 60, [Buffer.from(target, 'latin1')]) })),
      fc
        .record({ owner: name, data: fc.uint8Array({ maxLength: 300 }) })
        .map(({ owner, data }) => ({ owner, rrset: Rrset.of(65_280, 60, [data]) })),
    );
    fc.assert(
      fc.property(fc.array(rrset, { maxLength: 200 }), (rrsets) => {
        const read = readMessage(write(rrsets)).answers.map(
          ({ name: owner, type, rdata }) => `${presentName(owner)} ${type} ${rdata.toString('hex')}`,
        );
        expect(read).toEqual(
          rrsets.map(
            ({ owner, rrset: { type, ...rest } }) =>
              `${presentName(owner)} ${type} ${Buffer.from(rest.packed.slice(12), 'latin1').toString('hex')}`,
          ),
        );
      }),
      { numRuns: 200 },
    );
  });
});
