import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isAtOrBelow, lowerCaseName, mustWireName } from '../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../src/ddns/domain/rr-type.js';
import { DnsCounters } from '../../src/ddns/listeners/dns-counters.js';
import { TsigKeys } from '../../src/ddns/transfer/tsig-keys.js';
import { RCODE } from '../../src/ddns/wire/message-codes.js';
import { encodeMessage } from '../../src/ddns/wire/rr-encoder.js';
import { signTsigRequest } from '../../src/ddns/wire/tsig.js';
import { type TsigKey, tsigKey } from '../../src/ddns/wire/tsig-key.js';
import { withDatabase } from '../support/database.js';
import { exchangeUdp } from './ddns/ask.js';
import { exchangeTcp } from './ddns/tcp-client.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns/ddns-server.js';

/** More of them with FLEETCERT_FUZZ_MESSAGES. */
const MESSAGES = Number(process.env['FLEETCERT_FUZZ_MESSAGES'] ?? 2000);

const APEX = mustWireName(ZONE);
const DEVICE = mustWireName(`k2v7.${ZONE}`);
const CHALLENGE = mustWireName(`_acme-challenge.k2v7.${ZONE}`);
const TXT = Buffer.from('\x05value');

const database = withDatabase();
let server: DdnsServer;
let key: TsigKey;
let transferKey: TsigKey;
let socket: Socket;

beforeAll(async () => {
  server = await startDdns(database.url);
  const device = { id: randomUUID(), name: `k2v7.${ZONE}`, zone: ZONE };
  await server.dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
     VALUES ($1, 'k2v7', $2, $3, 'active', '{}', now())`,
    [device.id, ZONE, device.name],
  );
  const published = { deviceId: device.id, name: device.name, zone: ZONE, wildcard: false, addresses: ['10.0.0.1'] };
  await server.names.publish(published, NO_WRITE);
  const other = { ...published, deviceId: randomUUID(), name: `other.${ZONE}` };
  await server.names.publish(other, NO_WRITE);
  const keys = server.get(TsigKeys);
  const made = await server.dataSource.transaction((transaction) =>
    keys.createForDevice(transaction, { device, types: ['TXT', 'A', 'AAAA'] }),
  );
  await keys.published();
  key = tsigKey(mustWireName(made.name), made.algorithm, Buffer.from(made.secret, 'base64'));
  const transfer = await keys.createForTransfer({ zone: ZONE, name: 'transfer.example', algorithm: 'hmac-sha256' });
  transferKey = tsigKey(mustWireName(transfer.name), transfer.algorithm, Buffer.from(transfer.secret, 'base64'));
  socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  socket.close();
  await server.stop();
});

const now = (): number => Math.floor(Date.now() / 1000);

function seeds(): readonly Buffer[] {
  const question = { name: APEX, type: TYPE.SOA, class: CLASS_IN };
  const soa = server.served.zone(ZONE)!.soa!.rdatas()[0]!;
  const add = { name: CHALLENGE, type: TYPE.TXT, class: CLASS_IN, ttl: 60, rdata: TXT };
  const address = { name: DEVICE, type: TYPE.A, class: CLASS_IN, ttl: 60, rdata: Buffer.of(10, 0, 0, 2) };
  const clear = { name: CHALLENGE, type: TYPE.ANY, class: 255, ttl: 0, rdata: Buffer.alloc(0) };
  const remove = { name: CHALLENGE, type: TYPE.TXT, class: 254, ttl: 0, rdata: TXT };
  return [
    encodeMessage({ id: 1, flags: 0x2800, questions: [question], authority: [clear, add, address, remove] }),
    encodeMessage({ id: 1, flags: 0x2800, questions: [question], answers: [{ ...add, ttl: 0 }], authority: [add] }),
    encodeMessage({ id: 1, flags: 0x2800, questions: [question], answers: [clear], authority: [remove, clear] }),
    encodeMessage({
      id: 1,
      flags: 0,
      questions: [{ ...question, type: TYPE.IXFR }],
      authority: [{ name: APEX, type: TYPE.SOA, class: CLASS_IN, ttl: 0, rdata: soa }],
    }),
    encodeMessage({ id: 1, flags: 0x2000, questions: [question] }),
  ];
}

/** Numbers that repeat from run to run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A few octets changed, cut off, doubled or put in; the id stays. */
function mutated(message: Buffer, next: (below: number) => number): Buffer {
  let result = Buffer.from(message);
  for (let count = 1 + next(4); count > 0; count -= 1) {
    const at = 2 + next(result.length - 2);
    switch (next(5)) {
      case 0:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + next(8))]);
        break;
      case 1:
        result = Buffer.concat([result.subarray(0, at), Buffer.of(next(256)), result.subarray(at)]);
        break;
      case 2:
        result[at] = 0xc0 | next(64);
        break;
      case 3:
        result[at]! ^= 1 << next(8);
        break;
      default:
        result[at] = next(256);
    }
    if (result.length < 12) return Buffer.from(message);
  }
  return result;
}

function caseless(message: Buffer): string {
  return lowerCaseName(message.toString('latin1'));
}

/** @returns the RCODE, or undefined when there is silence: then the next query still has its answer. */
async function send(message: Buffer, id: number): Promise<number | undefined> {
  const probe = encodeMessage({ id: 0xffff, flags: 0, questions: [{ name: APEX, type: TYPE.SOA, class: CLASS_IN }] });
  let rcode: number | undefined;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer after ${message.toString('hex')}`)), 10_000);
    const done = (): void => {
      clearTimeout(timer);
      clearTimeout(silence);
      socket.off('message', receive);
      resolve(rcode);
    };
    const receive = (answer: Buffer): void => {
      if (answer.readUInt16BE(0) === id) {
        rcode = answer[3]! & 0x0f;
        done();
      } else if (answer.readUInt16BE(0) === 0xffff) done();
    };
    socket.on('message', receive);
    socket.send(message, server.port, '127.0.0.1');
    // No answer for this long may be silence: ask something else.
    const silence = setTimeout(() => socket.send(probe, server.port, '127.0.0.1'), 200);
  });
}

/** Everything that no device may touch. */
function untouchable(): readonly string[] {
  return [...server.served.zone(ZONE)!.rrsets()]
    .filter(({ owner, rrset }) => !isAtOrBelow(owner, DEVICE) && rrset.type !== TYPE.SOA)
    .map(({ owner, rrset }) => owner + rrset.packed);
}

describe('a signed update that is recorded and sent again', () => {
  const question = { name: APEX, type: TYPE.SOA, class: CLASS_IN };
  const setAddress = (last: number, id: number): Buffer =>
    signTsigRequest(
      encodeMessage({
        id,
        flags: 0x2800,
        questions: [question],
        authority: [
          { name: DEVICE, type: TYPE.A, class: 255, ttl: 0, rdata: Buffer.alloc(0) },
          { name: DEVICE, type: TYPE.A, class: CLASS_IN, ttl: 60, rdata: Buffer.of(10, 0, 0, last) },
        ],
      }),
      key,
      now(),
    ).message;
  const address = (): number[] => [...server.served.zone(ZONE)!.node(DEVICE)!.find(TYPE.A)!.rdatas()[0]!];

  it.each([
    ['UDP', 300],
    ['TCP', 400],
  ])('is answered as before and changes nothing, over %s', async (transport, id) => {
    const send = (message: Buffer): Promise<Buffer> =>
      transport === 'UDP' ? exchangeUdp(server.port, message) : exchangeTcp(server.port, message);
    const [old, fresh] = [setAddress(21, id), setAddress(22, id + 1)];
    expect((await send(old))[3]! & 15).toBe(RCODE.NOERROR);
    expect((await send(fresh))[3]! & 15).toBe(RCODE.NOERROR);
    const serial = server.served.zone(ZONE)!.serial;
    expect((await send(old))[3]! & 15).toBe(RCODE.NOERROR);
    expect(address()).toEqual([10, 0, 0, 22]);
    expect(server.served.zone(ZONE)!.serial).toBe(serial);
    // The client itself may go back to what it had.
    expect((await send(setAddress(21, id + 2)))[3]! & 15).toBe(RCODE.NOERROR);
    expect(address()).toEqual([10, 0, 0, 21]);
  });

  it('while the first is still being applied shares its outcome', async () => {
    const message = setAddress(23, 500);
    const before = server.served.zone(ZONE)!.serial!;
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchangeUdp(server.port, message, 10_000)));
    expect(answers.map((answer) => answer[3]! & 15)).toEqual(Array<number>(8).fill(RCODE.NOERROR));
    const [count] = await server.dataSource.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM zone_journal WHERE serial_from >= $1',
      [before],
    );
    expect(count!.count).toBe(1);
  });
});

describe('hostile messages with TSIG', () => {
  it(`${MESSAGES} that were changed after they were signed change nothing`, { timeout: 300_000 }, async () => {
    const next = numbers(1);
    const serial = server.served.zone(ZONE)!.serial;
    for (let count = 0; count < MESSAGES; count += 1) {
      const seed = seeds()[next(5)]!;
      const id = 1 + (count % 60_000);
      seed.writeUInt16BE(id, 0);
      const signed = signTsigRequest(seed, count % 2 === 0 ? key : transferKey, now()).message;
      const changed = mutated(signed, next);
      // The case of the key's name is not signed (RFC 8945 section 4.3.3).
      if (caseless(changed) === caseless(signed)) continue;
      expect(await send(changed, id)).not.toBe(RCODE.SERVFAIL);
    }
    expect(server.served.zone(ZONE)!.serial).toBe(serial);
    expect(server.get(DnsCounters).failures).toBe(0);
  });

  it(
    `${MESSAGES} that their holder of a key signed as they are change nothing but its device`,
    { timeout: 300_000 },
    async () => {
      const next = numbers(2);
      const before = untouchable();
      for (let count = 0; count < MESSAGES; count += 1) {
        const changed = mutated(seeds()[next(5)]!, next);
        const id = 1 + (count % 60_000);
        changed.writeUInt16BE(id, 0);
        // A count of additional records that is wrong stays wrong.
        const signed = signTsigRequest(changed, count % 4 === 0 ? transferKey : key, now()).message;
        expect(await send(signed, id)).not.toBe(RCODE.SERVFAIL);
      }
      expect(untouchable()).toEqual(before);
      expect(server.get(DnsCounters).failures).toBe(0);
    },
  );
});
