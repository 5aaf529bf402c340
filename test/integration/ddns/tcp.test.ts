import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from 'vitest';

import type { MessageHook } from '../../../src/ddns/listeners/message-hook.js';
import { aQuery } from './a-query.js';
import { aZone, zoneSet } from './a-zone.js';
import { describeAnswer, exchangeUdp } from './ask.js';
import { listen, type TestListeners, type TestListenersOptions } from './dns-listener.js';
import { exchangeTcp, framed, TcpClient } from './tcp-client.js';

const big = Array.from({ length: 200 }, (_, index) => `big 60 TXT "${index} ${'z'.repeat(240)}"`).join('\n');
const zone = aZone(`
  dev1 60 A 10.0.0.1
  dev2 60 A 10.0.0.2
  ${big}
`);

const ANSWER = { rcode: 'NOERROR', answers: ['dev1.fleet.test. 60 IN A 10.0.0.1'] };

let server: TestListeners | undefined;
afterEach(async () => {
  await server?.close();
  if (server?.failures.length) throw server.failures[0];
  server = undefined;
});

async function start(options: TestListenersOptions = {}): Promise<TestListeners> {
  server = await listen(zoneSet(zone), options);
  return server;
}

describe('a TCP connection', () => {
  it('answers many queries sent at once, each under its id', async () => {
    const { port } = await start();
    const client = await TcpClient.connect(port);
    client.send(...Array.from({ length: 1000 }, (_, id) => aQuery({ id, name: `dev${1 + (id % 2)}.fleet.test` })));
    const ids = new Set<number>();
    for (let count = 0; count < 1000; count += 1) ids.add((await client.receive()).readUInt16BE(0));
    expect(ids.size).toBe(1000);
    client.destroy();
  });

  it('answers a query that comes octet by octet', async () => {
    const { port } = await start();
    const client = await TcpClient.connect(port);
    for (const octet of framed(aQuery())) {
      client.socket.write(Buffer.from([octet]));
      await sleep(1);
    }
    expect(describeAnswer(await client.receive())).toMatchObject(ANSWER);
    client.destroy();
  });

  it('answers two queries that are cut in the middle of the second one’s length', async () => {
    const { port } = await start();
    const client = await TcpClient.connect(port);
    const octets = Buffer.concat([framed(aQuery({ id: 1 })), framed(aQuery({ id: 2 }))]);
    const cut = octets.length / 2 + 1;
    client.socket.write(octets.subarray(0, cut));
    expect((await client.receive()).readUInt16BE(0)).toBe(1);
    client.socket.write(octets.subarray(cut));
    expect((await client.receive()).readUInt16BE(0)).toBe(2);
    client.destroy();
  });

  it('answers what was asked before the client closed its side', async () => {
    const { port } = await start();
    const client = await TcpClient.connect(port);
    client.socket.end(Buffer.concat([framed(aQuery({ id: 1 })), framed(aQuery({ id: 2 }))]));
    expect((await client.receive()).readUInt16BE(0)).toBe(1);
    expect((await client.receive()).readUInt16BE(0)).toBe(2);
    await client.closed();
  });

  it('passes over an empty message and goes on', async () => {
    const { port } = await start();
    const client = await TcpClient.connect(port);
    client.send(Buffer.alloc(0), Buffer.alloc(5), aQuery({ flags: 0x8000 }), aQuery());
    expect(describeAnswer(await client.receive())).toMatchObject(ANSWER);
    client.destroy();
  });

  it('answers an RRset of 50 kB', async () => {
    const { port } = await start();
    const answer = describeAnswer(await exchangeTcp(port, aQuery({ name: 'big.fleet.test', type: 'TXT' })));
    expect(answer.answers).toHaveLength(200);
    expect(answer.octets).toBeGreaterThan(50_000);
  });

  it('is closed when it is idle', async () => {
    const { port, counters } = await start({ tcpLimits: { idleMilliseconds: 100, sweepMilliseconds: 20 } });
    const client = await TcpClient.connect(port);
    client.send(aQuery());
    await client.receive();
    expect(await client.closed()).toBeGreaterThan(50);
    expect(counters.tcpTimedOut).toBe(1);
  });

  it('stays open while queries come', async () => {
    const { port } = await start({ tcpLimits: { idleMilliseconds: 150, sweepMilliseconds: 20 } });
    const client = await TcpClient.connect(port);
    for (let count = 0; count < 6; count += 1) {
      client.send(aQuery());
      expect(describeAnswer(await client.receive())).toMatchObject(ANSWER);
      await sleep(60);
    }
    client.destroy();
  });

  it('is closed when a message drips in too slowly', async () => {
    const { port, counters } = await start({ tcpLimits: { messageMilliseconds: 150, sweepMilliseconds: 20 } });
    const client = await TcpClient.connect(port);
    const drip = setInterval(() => client.socket.write(Buffer.from([1])), 20);
    await client.closed();
    clearInterval(drip);
    expect(counters.tcpTimedOut).toBe(1);
  });

  it('is closed when it announces 65,535 octets and sends none', async () => {
    const { port } = await start({ tcpLimits: { messageMilliseconds: 100, sweepMilliseconds: 20 } });
    const client = await TcpClient.connect(port);
    client.socket.write(Buffer.from([0xff, 0xff]));
    expect(await client.closed()).toBeGreaterThan(50);
  });

  it('answers 65,535 octets of rubbish with FORMERR and goes on', async () => {
    const { port } = await start();
    const client = await TcpClient.connect(port);
    const rubbish = Buffer.alloc(65_535, 0x2a);
    aQuery({ counts: [1, 65_535, 65_535, 65_535] }).copy(rubbish);
    client.send(rubbish, aQuery());
    expect(describeAnswer(await client.receive()).rcode).toBe('FORMERR');
    expect(describeAnswer(await client.receive())).toMatchObject(ANSWER);
    client.destroy();
  });

  it('is not read from while its answers are not taken, and closed when that lasts', async () => {
    const { port, counters } = await start({ tcpLimits: { writeMilliseconds: 300, sweepMilliseconds: 20 } });
    const client = await TcpClient.connect(port);
    client.socket.pause();
    // 4,000 queries for 50 kB each: 200 MB of answers, if somebody were to make them all.
    const before = process.memoryUsage().rss;
    client.send(...Array.from({ length: 4000 }, () => aQuery({ name: 'big.fleet.test', type: 'TXT' })));
    await sleep(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    expect(counters.tcpQueries).toBeLessThan(1000);
    expect(describeAnswer(await exchangeUdp(port, aQuery()))).toMatchObject(ANSWER);
    await sleep(500);
    expect(counters.tcpTimedOut).toBe(1);
    client.destroy();
  });

  it('gets all its answers when it takes them late', async () => {
    const { port } = await start();
    const client = await TcpClient.connect(port);
    client.socket.pause();
    client.send(...Array.from({ length: 100 }, (_, id) => aQuery({ id, name: 'big.fleet.test', type: 'TXT' })));
    await sleep(100);
    client.socket.resume();
    for (let id = 0; id < 100; id += 1) expect((await client.receive()).readUInt16BE(0)).toBe(id);
    client.destroy();
  });

  it('may be reset at any time', async () => {
    const { port } = await start();
    for (let count = 0; count < 20; count += 1) {
      const client = await TcpClient.connect(port);
      client.send(...Array.from({ length: 50 }, () => aQuery({ name: 'big.fleet.test', type: 'TXT' })));
      if (count % 2 === 0) await client.receive();
      client.socket.resetAndDestroy();
    }
    expect(describeAnswer(await exchangeTcp(port, aQuery()))).toMatchObject(ANSWER);
  });
});

describe('TCP connections', () => {
  it('are limited for one client, who loses the one that was idle longest', async () => {
    const { port, counters } = await start({ tcpLimits: { maxConnectionsPerClient: 3 } });
    const clients = [];
    for (let count = 0; count < 3; count += 1) clients.push(await TcpClient.connect(port));
    // The first one is used, so the second one is idle longest.
    clients[0]!.send(aQuery());
    await clients[0]!.receive();
    const fourth = await TcpClient.connect(port);
    await clients[1]!.closed();
    for (const client of [clients[0]!, clients[2]!, fourth]) {
      client.send(aQuery());
      expect(describeAnswer(await client.receive())).toMatchObject(ANSWER);
      client.destroy();
    }
    expect(counters.tcpEvicted).toBe(1);
  });

  it('let a new client in when another one holds all of them', async () => {
    const { port } = await start({ tcpLimits: { maxConnections: 5 } });
    const hoard = [];
    for (let count = 0; count < 5; count += 1) hoard.push(await TcpClient.connect(port, '127.0.0.2'));
    const newcomers = [];
    for (const address of ['127.0.0.3', '127.0.0.4']) {
      const newcomer = await TcpClient.connect(port, address);
      newcomer.send(aQuery());
      expect(describeAnswer(await newcomer.receive())).toMatchObject(ANSWER);
      newcomers.push(newcomer);
    }
    await hoard[0]!.closed();
    await hoard[1]!.closed();
    expect(hoard[2]!.isClosed).toBe(false);
    for (const client of [...hoard, ...newcomers]) client.destroy();
  });
});

describe('a stop', () => {
  it('lets the answer that a hook still makes go out', async () => {
    const hook: MessageHook = {
      wants: () => true,
      handle: async (query, exchange) => {
        await sleep(150);
        const answer = Buffer.from(query.message);
        answer[2]! |= 0x80;
        await exchange.send(answer);
      },
    };
    const { port, close } = await start({ hooks: [hook] });
    server = undefined;
    const client = await TcpClient.connect(port);
    client.send(aQuery({ flags: 0x2000, type: 'SOA' }));
    await sleep(50);
    const stopped = close();
    expect((await client.receive())[2]! & 0x80).toBe(0x80);
    await stopped;
  });

  it('does not wait for idle clients', async () => {
    const { port, close } = await start();
    server = undefined;
    const client = await TcpClient.connect(port);
    const begin = Date.now();
    await close();
    expect(Date.now() - begin).toBeLessThan(500);
    await client.closed();
  });
});

describe('a hook', () => {
  it('answers after the client has closed its side', async () => {
    const hook: MessageHook = {
      wants: ({ qtype }) => qtype === 252,
      handle: async (query, exchange) => {
        for (let count = 0; count < 3; count += 1) {
          await sleep(20);
          await exchange.send(query.message);
        }
      },
    };
    const { port } = await start({ hooks: [hook] });
    const client = await TcpClient.connect(port);
    client.socket.end(framed(aQuery({ type: 'AXFR', name: 'fleet.test' })));
    for (let count = 0; count < 3; count += 1) expect((await client.receive()).readUInt16BE(0)).toBe(0x1234);
    await client.closed();
  });

  it('that fails is answered with SERVFAIL', async () => {
    const hook: MessageHook = { wants: () => true, handle: () => Promise.reject(new Error('out of order')) };
    const { port, failures } = await start({ hooks: [hook] });
    const query = aQuery({ type: 'AXFR', name: 'fleet.test' });
    expect(describeAnswer(await exchangeTcp(port, query)).rcode).toBe('SERVFAIL');
    expect(describeAnswer(await exchangeUdp(port, query)).rcode).toBe('SERVFAIL');
    expect(failures.splice(0)).toHaveLength(2);
  });

  it('whose client goes before the answer has failed of nothing of ours', async () => {
    const [asked, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const hook: MessageHook = {
      wants: ({ opcode }) => opcode === 5,
      handle: async (_query, exchange) => {
        asked.resolve();
        await gone.promise;
        await exchange.send(Buffer.alloc(12));
      },
    };
    const { port, counters, failures } = await start({ hooks: [hook] });
    const client = await TcpClient.connect(port);
    client.send(aQuery({ flags: 0x2800, type: 'SOA' }));
    await asked.promise;
    client.socket.resetAndDestroy();
    while (counters.sendErrors === 0) await sleep(5);
    gone.resolve();
    expect(describeAnswer(await exchangeTcp(port, aQuery()))).toMatchObject(ANSWER);
    expect([counters.failures, failures]).toEqual([0, []]);
  });

  it('is not asked about ordinary queries', async () => {
    const hook: MessageHook = { wants: () => true, handle: () => Promise.reject(new Error('not mine')) };
    const { port } = await start({ hooks: [hook] });
    expect(describeAnswer(await exchangeUdp(port, aQuery()))).toMatchObject(ANSWER);
  });
});
