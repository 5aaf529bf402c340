import { randomInt, randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { Packet } from 'dns2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { AnswerEngine } from '../../../../src/ddns/answering/answer-engine.js';
import { mustWireName } from '../../../../src/ddns/domain/name.js';
import { DnsCounters } from '../../../../src/ddns/listeners/dns-counters.js';
import { MessagePipeline, type Responder } from '../../../../src/ddns/listeners/message-pipeline.js';
import { ProtectiveGate } from '../../../../src/ddns/rate-limit/protective-gate.js';
import { DEFAULT_RATE_LIMITS, ResponseRateLimiter } from '../../../../src/ddns/rate-limit/response-rate-limiter.js';
import { RollingCookies } from '../../../../src/ddns/rate-limit/rolling-cookies.js';
import { TsigKeys } from '../../../../src/ddns/transfer/tsig-keys.js';
import { MAX_TCP_OCTETS } from '../../../../src/ddns/wire/message-codes.js';
import { readMessage } from '../../../../src/ddns/wire/rr-reader.js';
import { WireFormatError } from '../../../../src/ddns/wire/rr-reader-error.js';
import { signTsigRequest, verifyTsigRequest } from '../../../../src/ddns/wire/tsig.js';
import { type TsigKey, tsigKey } from '../../../../src/ddns/wire/tsig-key.js';
import { withDatabase } from '../../../support/database.js';
import { aQuery } from '../a-query.js';
import { aZone, zoneSet } from '../a-zone.js';
import { describeAnswer, exchangeUdp } from '../ask.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from '../ddns-server.js';
import { exchangeTcp, framed } from '../tcp-client.js';
import { FUZZ_KEY, readCorpus } from './corpus.js';
import { mutated, type Random, randomOf } from './mutate.js';

/** For all of this file. A long run: FLEETCERT_FUZZ_SECONDS=3600 npx vitest run test/integration/ddns/fuzz */
const SECONDS = Number(process.env['FLEETCERT_FUZZ_SECONDS'] ?? 20);
/** The same messages again. A finding says its message anyway. */
const SEED = Number(process.env['FLEETCERT_FUZZ_SEED'] ?? randomInt(2 ** 31));
/** A million in a run of 20 s. */
const MESSAGES_A_SECOND = 50_000;
const PARTS = { answers: 0.6, readers: 0.15, sockets: 0.25 };

const corpus = readCorpus();
const seeds = corpus.map(({ message }) => message);

const zones = zoneSet(
  aZone(`
  @ 3600 NS ns1
  @ 3600 CAA 0 issue "ca.test"
  ns1 3600 A 192.0.2.53
  dev1 60 A 10.0.0.1
  dev1 60 AAAA fd00::1
  _acme-challenge.dev1 1 TXT "value"
  alias 60 CNAME dev1
  child 3600 NS ns.child
  ns.child 3600 A 192.0.2.54
  *.wild 60 TXT "x"
`),
);

/**
 * Runs `one` until the part's time is over, or longer for a minimum on a slow machine: three times as long at most.
 * @returns how often.
 */
async function fuzz(part: keyof typeof PARTS, one: (random: Random) => unknown, minimum = 0): Promise<number> {
  const random = randomOf(SEED + part.length);
  const begin = performance.now();
  const milliseconds = SECONDS * PARTS[part] * 1000;
  let count = 0;
  const isOver = (elapsed: number): boolean => elapsed > (count < minimum ? 3 * milliseconds : milliseconds);
  while (!isOver(performance.now() - begin)) {
    for (let batch = 0; batch < 500; batch += 1) await one(random);
    count += 500;
    await nextTurn();
  }
  return count;
}

function report(what: string, count: number, begin: number): void {
  const micros = ((performance.now() - begin) * 1000) / count;
  process.stdout.write(`fuzzer: ${count.toLocaleString('en')} ${what}, ${micros.toFixed(1)} µs each (seed ${SEED})\n`);
}

describe('messages changed at random', () => {
  it('begin with those of real clients and those that once did harm', () => {
    const names = corpus.map(({ name }) => name).join(' ');
    for (const kind of ['dig-a', 'cookie', 'axfr', 'ixfr', 'notify', 'nsupdate', 'tsig', 'trap']) {
      expect(names).toContain(kind);
    }
    expect(corpus.every(({ message }) => message.length > 0)).toBe(true);
  });

  it('are each answered soundly or with silence', { timeout: SECONDS * 2000 + 60_000 }, async () => {
    const failures: unknown[] = [];
    let now = 1_800_000_000_000;
    const pipeline = new MessagePipeline({
      engine: new AnswerEngine(zones),
      counters: new DnsCounters(),
      gate: new ProtectiveGate({
        cookies: new RollingCookies((period) => Buffer.alloc(16, period)),
        limiter: new ResponseRateLimiter(DEFAULT_RATE_LIMITS, SEED),
        badCookie: 'over-limit',
        limitsLoopback: true,
        monotonicNow: () => now,
        now: () => now,
      }),
      onFailure: (error) => failures.push(error),
    });
    const responder: Responder = { respond: () => Promise.resolve(), changeAnswersDue: () => undefined };
    const begin = performance.now();
    let answered = 0;
    const one = (random: Random): void => {
      now += 1;
      const message = mutated(seeds, random);
      const transport = random(2) === 0 ? 'udp' : 'tcp';
      const address = random(2) === 0 ? `192.0.2.${random(256)}` : `2001:db8:0:${random(65_536).toString(16)}::1`;
      const octets = pipeline.process(message, transport, { address, port: 1 }, responder);
      const answer = pipeline.octets.subarray(0, octets);
      if (octets > 0) answered += 1;
      const fault = failures.length > 0 ? String(failures[0]) : faultOf(message, answer, transport, random);
      if (fault) throw new Error(`${fault}: ${message.toString('hex')} was answered with ${answer.toString('hex')}`);
    };
    const count = await fuzz('answers', one, SECONDS * MESSAGES_A_SECOND);
    report(`messages through accept filter, gate and answer, ${answered.toLocaleString('en')} answered`, count, begin);
    expect(answered).toBeGreaterThan(count / 4);
    // 4 milliseconds a message is what a chain of pointers cost elsewhere.
    expect((performance.now() - begin) / count).toBeLessThan(0.5);
  });

  it(
    'are read as what they are or refused as no message, also with a signature that holds',
    { timeout: SECONDS * 1000 + 60_000 },
    async () => {
      const begin = performance.now();
      const findKey = (): TsigKey => FUZZ_KEY;
      const count = await fuzz('readers', (random) => {
        const message = mutated(seeds, random);
        orFormatError(message, () => readMessage(message));
        if (!canBeSigned(message) || random(4) > 0) return;
        orFormatError(message, () => verifyTsigRequest(message, findKey, 1_800_000_000));
        const signed = signTsigRequest(message, FUZZ_KEY, 1_800_000_000).message;
        orFormatError(signed, () => verifyTsigRequest(signed, findKey, 1_800_000_000));
      });
      report('messages through the readers of UPDATE and TSIG', count, begin);
      expect(count).toBeGreaterThan(0);
    },
  );
});

describe('a whole server under fire', () => {
  const database = withDatabase();
  let server: DdnsServer;
  let key: TsigKey;
  beforeAll(async () => {
    server = await startDdns(database.url);
    const device = { id: randomUUID(), name: `dev1.${ZONE}`, zone: ZONE };
    await server.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
       VALUES ($1, 'dev1', $2, $3, 'active', '{}', now())`,
      [device.id, ZONE, device.name],
    );
    const published = { deviceId: device.id, name: device.name, zone: ZONE, wildcard: false, addresses: ['10.0.0.1'] };
    await server.names.publish(published, NO_WRITE);
    const keys = server.get(TsigKeys);
    const made = await server.dataSource.transaction((transaction) =>
      keys.createForDevice(transaction, { device, types: ['TXT', 'A', 'AAAA'] }),
    );
    await keys.published();
    key = tsigKey(mustWireName(made.name), made.algorithm, Buffer.from(made.secret, 'base64'));
  });
  afterAll(() => server.stop());

  it('answers on, without a fault of its own', { timeout: SECONDS * 1000 + 120_000 }, async () => {
    const begin = performance.now();
    const udp = createSocket('udp4');
    const soa = aQuery({ name: ZONE, type: 'SOA' });
    let [datagrams, streamed] = [0, 0];
    const answersOn = (): Promise<void> =>
      vi.waitFor(
        async () => {
          expect(describeAnswer(await exchangeUdp(server.port, soa)).rcode).toBe('NOERROR');
          expect(describeAnswer(await exchangeTcp(server.port, soa)).rcode).toBe('NOERROR');
        },
        { timeout: 60_000, interval: 50 },
      );
    /** One in four is signed with a key that holds, so that it gets further than the signature. */
    const message = (random: Random): Buffer => {
      const made = mutated(seeds, random);
      if (!canBeSigned(made) || random(4) > 0) return made;
      return signTsigRequest(made, key, Math.floor(Date.now() / 1000)).message;
    };
    await fuzz('sockets', async (random) => {
      const octets = message(random);
      if (random(4) > 0 && octets.length < 60_000) {
        udp.send(octets, server.port, '127.0.0.1');
        datagrams += 1;
      } else {
        streamed += stream(server.port, message, random);
      }
      // An answer to this one has found its way through everything before it.
      if (random(40) === 0) await answersOn();
    });
    udp.close();
    report(`datagrams and ${streamed.toLocaleString('en')} messages in streams to a whole server`, datagrams, begin);
    await answersOn();
    expect(server.get(DnsCounters).failures).toBe(0);
  });
});

/** Some messages over a TCP connection of their own, cut and ended anyhow. @returns how many. */
function stream(port: number, message: (random: Random) => Buffer, random: Random): number {
  const messages = Array.from({ length: 1 + random(5) }, () => framed(message(random)));
  const octets = Buffer.concat(messages);
  if (random(3) === 0) octets[random(octets.length)] = random(256);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  for (let at = 0; at < octets.length;) {
    const end = at + 1 + random(400);
    socket.write(octets.subarray(at, end));
    at = end;
  }
  if (random(3) === 0) setImmediate(() => socket.resetAndDestroy());
  else socket.end();
  return messages.length;
}

/** What is wrong with an answer; undefined: nothing. */
function faultOf(message: Buffer, answer: Buffer, transport: 'udp' | 'tcp', random: Random): string | undefined {
  const isQuery = message.length >= 12 && message[2]! < 0x80;
  if (answer.length === 0) return isQuery && transport === 'tcp' ? 'silence over TCP' : undefined;
  if (!isQuery) return 'an answer to what is no query';
  if (answer.length < 12 || answer[2]! < 0x80) return 'no answer';
  if (answer.readUInt16BE(0) !== message.readUInt16BE(0)) return 'another id';
  if (answer.length > (transport === 'udp' ? 1232 : MAX_TCP_OCTETS)) return 'too long';
  const hasOpt = answer.readUInt16BE(10) > 0;
  if (transport === 'udp' && !hasOpt && answer.length > 512) return 'more than 512 octets without EDNS';
  // Another implementation reads it, too; a part of them, because that takes longer than all the rest.
  if (random(20) > 0) return undefined;
  const [error] = Packet.parse(Buffer.from(answer)).errors;
  return error && `unreadable (${String(error)})`;
}

/** There is a header, and room in it for one more record. */
function canBeSigned(message: Buffer): boolean {
  return message.length >= 12 && message.readUInt16BE(10) < 0xffff;
}

function orFormatError(message: Buffer, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (error instanceof WireFormatError) return;
    throw new Error(`${message.toString('hex')} was read with ${String(error)}`, { cause: error });
  }
}
