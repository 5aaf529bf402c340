import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AnswerEngine } from '../../../src/ddns/answering/answer-engine.js';
import { DnsCounters } from '../../../src/ddns/listeners/dns-counters.js';
import { MessagePipeline, type Responder } from '../../../src/ddns/listeners/message-pipeline.js';
import { aQuery, anOpt, anOption } from './a-query.js';
import { aZone, zoneSet } from './a-zone.js';
import { describeAnswer, exchangeUdp } from './ask.js';
import { listen, type TestListeners } from './dns-listener.js';
import { exchangeTcp, framed } from './tcp-client.js';

const zones = zoneSet(
  aZone(`
  @ 3600 NS ns1
  ns1 3600 A 192.0.2.53
  dev1 60 A 10.0.0.1
  alias 60 CNAME dev1
  child 3600 NS ns.child
  ns.child 3600 A 192.0.2.54
  *.wild 60 TXT "x"
`),
);

const SEEDS = [
  aQuery(),
  aQuery({ edns: { flags: 0x8000 } }),
  aQuery({ edns: { options: anOption(10, Buffer.alloc(24, 7)) } }),
  aQuery({ name: 'alias.fleet.test', type: 'AAAA' }),
  aQuery({ name: 'www.child.fleet.test', edns: {} }),
  aQuery({
    name: 'fleet.test',
    type: 'IXFR',
    counts: [1, 0, 1, 0],
    tail: Buffer.concat([Buffer.from([0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0])]),
  }),
  aQuery({ flags: 0x2800, type: 'SOA', name: 'fleet.test' }),
  aQuery({ name: 'x.y.wild.fleet.test', type: 'ANY', tail: anOpt(), counts: [1, 0, 0, 1] }),
  // A chain of compression pointers, each to the one before.
  aQuery({
    counts: [1, 0, 0, 1],
    tail: Buffer.concat(Array.from({ length: 200 }, (_, index) => Buffer.from([0xc0, 33 + 2 * index]))),
  }),
];

/** Numbers that repeat from run to run (mulberry32), so that a finding can be found again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutated(next: (below: number) => number): Buffer {
  const octets = [...SEEDS[next(SEEDS.length)]!];
  for (let changes = next(6); changes >= 0; changes -= 1) {
    const at = next(octets.length + 1);
    const kind = next(5);
    if (kind === 0) octets.splice(at, next(8));
    else if (kind === 1) octets.splice(at, 0, ...Array.from({ length: next(8) }, () => next(256)));
    else if (kind === 2) octets[Math.min(at, octets.length - 1)] = [0, 1, 0x3f, 0x40, 0xc0, 0xff][next(6)]!;
    else if (kind === 3) octets.push(...octets.slice(at, at + next(20)));
    else octets[Math.min(at, octets.length - 1)] = next(256);
    if (octets.length === 0) octets.push(next(256));
  }
  return Buffer.from(octets);
}

describe('messages changed at random', () => {
  const FUZZ_MESSAGES = Number(process.env['FLEETCERT_FUZZ_MESSAGES'] ?? 200_000);

  it(`are each answered with a sound message or with silence (${FUZZ_MESSAGES} messages)`, () => {
    const failures: unknown[] = [];
    const pipeline = new MessagePipeline({
      engine: new AnswerEngine(zones),
      counters: new DnsCounters(),
      onFailure: (error) => failures.push(error),
    });
    const responder: Responder = { respond: () => Promise.resolve(), changeAnswersDue: () => undefined };
    const next = random(20_261_120);
    const begin = performance.now();
    for (let count = 0; count < FUZZ_MESSAGES; count += 1) {
      const message = mutated(next);
      const octets = pipeline.process(message, count % 2 === 0 ? 'udp' : 'tcp', { address: '::1', port: 1 }, responder);
      const answer = pipeline.octets.subarray(0, octets);
      const isQuery = message.length >= 12 && message[2]! < 0x80;
      const isSound = isQuery
        ? octets >= 12 && octets <= 1232 && answer[2]! >= 0x80 && answer.readUInt16BE(0) === message.readUInt16BE(0)
        : octets === 0;
      if (isSound && failures.length === 0) continue;
      throw new Error(`${message.toString('hex')} was answered with ${answer.toString('hex')}`, { cause: failures[0] });
    }
    // 4 milliseconds a message is what a chain of pointers cost elsewhere; the average here is a thousandth of that.
    expect((performance.now() - begin) / FUZZ_MESSAGES).toBeLessThan(0.1);
  });
});

describe('a server under fire', () => {
  let server: TestListeners;
  beforeAll(async () => {
    server = await listen(zones, { tcpLimits: { messageMilliseconds: 500, sweepMilliseconds: 50 } });
  });
  afterAll(() => server.close());

  async function answersNow(): Promise<readonly string[]> {
    const udp = describeAnswer(await exchangeUdp(server.port, aQuery()));
    const tcp = describeAnswer(await exchangeTcp(server.port, aQuery()));
    return [...udp.answers, ...tcp.answers, ...server.failures.map(String)];
  }

  const WELL = ['dev1.fleet.test. 60 IN A 10.0.0.1', 'dev1.fleet.test. 60 IN A 10.0.0.1'];

  it('answers on after datagrams changed at random', async () => {
    const socket = createSocket('udp4');
    const next = random(7);
    for (let count = 0; count < 5000; count += 1) {
      socket.send(mutated(next), server.port, '127.0.0.1');
      if (count % 100 === 0) await sleep(1);
    }
    await sleep(50);
    socket.close();
    expect(await answersNow()).toEqual(WELL);
  });

  it('answers on after streams changed, cut and reset at random', async () => {
    const next = random(8);
    for (let count = 0; count < 100; count += 1) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      const stream = Buffer.concat(Array.from({ length: 1 + next(20) }, () => framed(mutated(next))));
      const octets = next(3) === 0 ? Buffer.from(stream.map((octet) => (next(50) === 0 ? next(256) : octet))) : stream;
      for (let at = 0; at < octets.length;) {
        const end = at + 1 + next(200);
        socket.write(octets.subarray(at, end));
        at = end;
      }
      const end = next(3);
      if (end === 0) socket.end();
      else if (end === 1) setImmediate(() => socket.resetAndDestroy());
    }
    await sleep(100);
    expect(await answersNow()).toEqual(WELL);
  });

  it('answers a 64 kB message of compression pointers in milliseconds', async () => {
    const pointers = Buffer.alloc(60_000);
    for (let at = 0; at < pointers.length; at += 2) pointers.writeUInt16BE(0xc000 | (33 + at - 2), at);
    const begin = performance.now();
    const answer = await exchangeTcp(server.port, aQuery({ counts: [1, 5000, 0, 0], tail: pointers }));
    expect(describeAnswer(answer).rcode).toBe('FORMERR');
    expect(performance.now() - begin).toBeLessThan(100);
  });
});
