import { describe, expect, it } from 'vitest';

import { mustWireName, type WireName } from '../domain/name.js';
import { type OwnedRrset, type ResourceRecord, Rrset } from '../domain/rrset.js';
import { TYPE } from '../domain/rr-type.js';
import { soaRdata } from '../domain/soa.js';
import { Zone } from '../domain/zone.js';
import { encodeMessage } from '../wire/rr-encoder.js';
import { readMessage, type WireRecord } from '../wire/rr-reader.js';
import { fullTransfer, incrementalTransfer } from './domain/transfer-records.js';
import { transferMessages, type TransferQuery } from './transfer-messages.js';

const APEX = mustWireName('fleet.test');

function aQuery(edns = false): TransferQuery {
  const message = encodeMessage({ id: 0x4711, flags: 0x0100, questions: [{ name: APEX, type: TYPE.AXFR, class: 1 }] });
  return { message, qname: APEX, questionEnd: message.length, edns };
}

function soa(serial: number): Buffer {
  const mname = mustWireName('ns1.fleet.test');
  return soaRdata({ mname, rname: APEX, serial, refresh: 1, retry: 1, expire: 1, minimum: 60 });
}

function aZone(devices: number): Zone {
  const zone = new Zone(APEX);
  zone.replace(APEX, TYPE.SOA, Rrset.of(TYPE.SOA, 60, [soa(7)]));
  zone.replace(APEX, TYPE.NS, Rrset.of(TYPE.NS, 60, [Buffer.from(mustWireName('ns1.fleet.test'), 'latin1')]));
  for (let index = 0; index < devices; index += 1) {
    const address = Buffer.alloc(4);
    address.writeUInt32BE(0x0a000000 + index);
    zone.replace(mustWireName(`device${index}.fleet.test`), TYPE.A, Rrset.of(TYPE.A, 60, [address]));
  }
  return zone;
}

const pack = (records: Iterable<OwnedRrset>, query = aQuery(), reserve = 0): Buffer[] => [
  ...transferMessages(query, records, reserve),
];

const answersOf = (messages: readonly Buffer[]): WireRecord[] =>
  messages.flatMap((message) => readMessage(message).answers);

function expectedRecords(zone: Zone): WireRecord[] {
  return [...zone.rrsets()].flatMap(({ owner, rrset }) => rrset.records(owner).map(wire));
}

function wire({ name, type, ttl, rdata }: ResourceRecord): WireRecord {
  return { name, type, class: 1, ttl, rdata: Buffer.from(rdata) };
}

describe('a full transfer', () => {
  it('of an almost empty zone is one message: SOA, the rest, SOA', () => {
    const snapshot = aZone(1).openSnapshot();
    const messages = pack(fullTransfer(snapshot));
    expect(messages).toHaveLength(1);
    const { id, flags, questions, answers } = readMessage(messages[0]!);
    expect({ id, flags, questions }).toEqual({
      id: 0x4711,
      flags: 0x8500,
      questions: [{ name: APEX, type: TYPE.AXFR, class: 1 }],
    });
    expect(answers.map(({ type }) => type)).toEqual([TYPE.SOA, TYPE.NS, TYPE.A, TYPE.SOA]);
  });

  it('of 10,000 names has every record once, in messages that are full and not over 64 KiB', () => {
    const zone = aZone(10_000);
    const messages = pack(fullTransfer(zone.openSnapshot()));
    const answers = answersOf(messages);
    expect(answers.at(0)).toEqual(answers.at(-1));
    expect(sorted(answers.slice(0, -1))).toEqual(sorted(expectedRecords(zone)));
    for (const message of messages.slice(0, -1)) {
      expect(message.length).toBeGreaterThanOrEqual(15 * 1024);
      expect(message.length).toBeLessThan(16 * 1024);
    }
  });

  it('shows the zone as it was when it began', () => {
    const zone = aZone(2000);
    const before = sorted(expectedRecords(zone));
    const messages = transferMessages(aQuery(), fullTransfer(zone.openSnapshot()), 0);
    const first = messages.next().value as Buffer;
    for (let index = 0; index < 2000; index += 2)
      zone.replace(mustWireName(`device${index}.fleet.test`), TYPE.A, undefined);
    zone.replace(mustWireName('new.fleet.test'), TYPE.A, Rrset.of(TYPE.A, 60, [Buffer.of(10, 9, 9, 9)]));
    expect(sorted(answersOf([first, ...messages]).slice(0, -1))).toEqual(before);
  });

  it('answers OPT with OPT in each message, and leaves room for TSIG', () => {
    const big = Rrset.of(TYPE.TXT, 60, [Buffer.alloc(65_000, 0)]);
    const records = [
      { owner: APEX, rrset: big },
      { owner: APEX, rrset: big },
    ];
    const messages = pack(records, aQuery(true), 200);
    expect(messages).toHaveLength(2);
    for (const message of messages) {
      expect(readMessage(message).additional).toMatchObject([{ name: '\0', type: TYPE.OPT, class: 1232 }]);
      expect(message.length).toBeLessThanOrEqual(65_535 - 200);
    }
  });

  it('splits an RRset that is longer than a message', () => {
    const rdatas = Array.from({ length: 4 }, (_, index) => Buffer.alloc(30_000, index));
    const messages = pack([{ owner: APEX, rrset: Rrset.of(65_280, 60, rdatas) }]);
    expect(messages.length).toBeGreaterThan(1);
    expect(answersOf(messages).map(({ rdata }) => rdata)).toEqual(rdatas);
  });
});

function record(name: WireName, last: number): ResourceRecord {
  return { name, type: TYPE.A, ttl: 60, rdata: Buffer.of(10, 0, 0, last) };
}

function soaRecord(serial: number): ResourceRecord {
  return { name: APEX, type: TYPE.SOA, ttl: 60, rdata: soa(serial) };
}

describe('an incremental transfer', () => {
  it('is the new SOA, of each change the old SOA, what goes, the new SOA, what comes; and the new SOA', () => {
    const [a, b] = [mustWireName('a.fleet.test'), mustWireName('b.fleet.test')];
    const diffs = [
      { serialFrom: 1, serial: 2, removed: [soaRecord(1), record(a, 1)], added: [soaRecord(2), record(a, 2)] },
      { serialFrom: 2, serial: 3, removed: [soaRecord(2)], added: [soaRecord(3), record(b, 3), record(b, 4)] },
    ];
    const expected = [
      soaRecord(3),
      soaRecord(1),
      record(a, 1),
      soaRecord(2),
      record(a, 2),
      soaRecord(2),
      soaRecord(3),
      record(b, 3),
      record(b, 4),
      soaRecord(3),
    ];
    expect(answersOf(pack(incrementalTransfer(diffs)))).toEqual(expected.map(wire));
  });

  it('refuses changes that do not begin with their SOA', () => {
    const broken = { serialFrom: 1, serial: 2, removed: [], added: [record(APEX, 1)] };
    expect(() => pack(incrementalTransfer([broken]))).toThrow('SOA');
  });
});

function sorted(records: readonly WireRecord[]): readonly string[] {
  return records.map(({ name, type, ttl, rdata }) => `${name} ${type} ${ttl} ${rdata.toString('latin1')}`).toSorted();
}
