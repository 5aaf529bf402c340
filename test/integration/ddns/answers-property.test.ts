import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import { typeName } from '../../../src/ddns/domain/rr-type.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { MessagePipeline, type Responder } from '../../../src/ddns/listeners/message-pipeline.js';
import { readMessage, type WireRecord } from '../../../src/ddns/wire/rr-reader.js';
import { formatRdata } from '../../../src/ddns/wire/rdata-text.js';
import { presentName } from '../../../src/ddns/domain/name.js';
import { aQuery } from './a-query.js';
import { aZone, zoneSet } from './a-zone.js';
import { NaiveServer, show, type NaiveAnswer, type NaiveRecord } from './naive-answer.js';

const APEX = ['fleet', 'test'];

// Few labels, so that names meet: they share ancestors, block wildcards, lie below cuts and point to each other.
const label = fc.constantFrom('a', 'b', '*', 'ns');
const relative = fc.array(label, { maxLength: 4 });
const name = relative.map((labels) => [...labels, ...APEX]);

const record: fc.Arbitrary<NaiveRecord> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name, type: fc.constant('A'), data: fc.constantFrom('10.0.0.1', '10.0.0.2') }) },
  { weight: 2, arbitrary: fc.record({ name, type: fc.constant('TXT'), data: fc.constantFrom('"x"', '"y"') }) },
  { weight: 2, arbitrary: pointing('CNAME') },
  { weight: 1, arbitrary: pointing('NS') },
);

function pointing(type: string): fc.Arbitrary<NaiveRecord> {
  const target = fc.oneof(
    { weight: 4, arbitrary: name },
    { weight: 1, arbitrary: fc.constant(['elsewhere', 'example']) },
  );
  return fc.record({ name, target }).map((chosen) => ({ ...chosen, type, data: show(chosen.target) }));
}

/** A zone that a server may hold: one CNAME alone at its name, no delegated wildcards, no apex NS or CNAME. */
function valid(records: readonly NaiveRecord[]): NaiveRecord[] {
  const kept: NaiveRecord[] = [];
  for (const candidate of records) {
    const isApex = candidate.name.length === APEX.length;
    const same = kept.filter((other) => show(other.name) === show(candidate.name));
    const isRefused =
      (isApex && (candidate.type === 'NS' || candidate.type === 'CNAME')) ||
      (candidate.type === 'NS' && candidate.name.includes('*')) ||
      (candidate.type === 'CNAME' && same.length > 0) ||
      same.some(({ type }) => type === 'CNAME') ||
      same.some(({ type, data }) => type === candidate.type && data === candidate.data);
    if (!isRefused) kept.push(candidate);
  }
  return kept;
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

const noResponder: Responder = { respond: () => Promise.resolve(), changeAnswersDue: () => undefined };

function served(records: readonly NaiveRecord[]) {
  const lines = records.map(({ name, type, data }) => `${show(name)} 60 ${type} ${data}`);
  const engine = new AnswerEngine(zoneSet(aZone(lines.join('\n'))));
  const pipeline = new MessagePipeline({ engine, counters: new DnsCounters() });
  return (qname: readonly string[], type: string): NaiveAnswer => {
    const message = aQuery({ name: show(qname), type });
    const octets = pipeline.process(message, 'tcp', { address: '127.0.0.1', port: 1 }, noResponder);
    const answer = readMessage(Buffer.from(pipeline.octets.subarray(0, octets)));
    return {
      rcode: RCODES[answer.flags & 15] ?? 'other',
      aa: (answer.flags & 0x0400) !== 0,
      answer: presentAll(answer.answers),
      authority: presentAll(answer.authority),
      additional: presentAll(answer.additional),
    };
  };
}

function presentAll(section: readonly WireRecord[]): string[] {
  return section.map(present).toSorted();
}

function present({ name, type, rdata }: WireRecord): string {
  const owner = `${presentName(name).replaceAll('\\', '')}.`;
  return typeName(type) === 'SOA' ? `${owner} SOA` : `${owner} ${typeName(type)} ${formatRdata(type, rdata)}`;
}

function sorted(answer: NaiveAnswer): NaiveAnswer {
  const { answer: records, authority, additional } = answer;
  return { ...answer, answer: records.toSorted(), authority: authority.toSorted(), additional: additional.toSorted() };
}

it('answers as a naive reading of the RFCs does, whatever the zone and the question', () => {
  const qtype = fc.constantFrom('A', 'TXT', 'CNAME', 'NS', 'MX', 'DS');
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 14 }).map(valid),
      fc.array(fc.tuple(fc.oneof(name, relative), qtype), { minLength: 20, maxLength: 20 }),
      (records, questions) => {
        const ask = served(records);
        const naive = new NaiveServer(APEX, records);
        for (const [qname, type] of questions) {
          if (qname.length === 0) continue;
          expect({ qname, type, ...ask(qname, type) }).toEqual({ qname, type, ...sorted(naive.answer(qname, type)) });
        }
      },
    ),
    { numRuns: 1500 },
  );
});

it('answers ANY with exactly one RRset of those that are there', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 14 }).map(valid), name, (records, qname) => {
      const ask = served(records);
      const any = ask(qname, 'ANY');
      const types = new Set(any.answer.map((line) => line.split(' ')[1]!));
      if (any.answer.length === 0) return;
      expect(types.size).toBe(1);
      for (const type of types) expect(ask(qname, type).answer).toEqual(any.answer);
    }),
    { numRuns: 500 },
  );
});
