import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { aQuery } from './a-query.js';
import { aZone, zoneSet } from './a-zone.js';
import { describeAnswer, exchangeUdp } from './ask.js';
import { listen, type TestListeners } from './dns-listener.js';
import { readCorpus } from './fuzz/corpus.js';
import { mutated, randomOf } from './fuzz/mutate.js';
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

const seeds = readCorpus().map(({ message }) => message);

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
    const next = randomOf(7);
    for (let count = 0; count < 5000; count += 1) {
      socket.send(mutated(seeds, next), server.port, '127.0.0.1');
      if (count % 100 === 0) await sleep(1);
    }
    await sleep(50);
    socket.close();
    expect(await answersNow()).toEqual(WELL);
  });

  it('answers on after streams changed, cut and reset at random', async () => {
    const next = randomOf(8);
    for (let count = 0; count < 100; count += 1) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      const stream = Buffer.concat(Array.from({ length: 1 + next(20) }, () => framed(mutated(seeds, next))));
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
