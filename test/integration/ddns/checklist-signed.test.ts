import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../../src/ddns/domain/rr-type.js';
import { TsigKeys } from '../../../src/ddns/transfer/tsig-keys.js';
import { encodeMessage } from '../../../src/ddns/wire/rr-encoder.js';
import type { WireRecord } from '../../../src/ddns/wire/rr-reader.js';
import { signTsigRequest, TSIG_ERRORS, verifyTsigAnswer } from '../../../src/ddns/wire/tsig.js';
import { type TsigKey, tsigAlgorithmName, tsigKey } from '../../../src/ddns/wire/tsig-key.js';
import { tsigMac } from '../../../src/ddns/wire/tsig-mac.js';
import { appendTsig, findTsig } from '../../../src/ddns/wire/tsig-record.js';
import { withDatabase } from '../../support/database.js';
import { aQuery, anOption } from './a-query.js';
import { describeAnswer, exchangeUdp } from './ask.js';
import { type DdnsServer, NO_WRITE, startDdns, ZONE } from './ddns-server.js';
import { exchangeTcp } from './tcp-client.js';

/**
 * The rows of the check-list that take a whole server: TSIG (RFC 8945), UPDATE (RFC 2136), NOTIFY (RFC 1996), transfers,
 * cookies (RFC 7873) and IP-encoded names. On real sockets, by UDP and by TCP; what a row expects is the same for both.
 */
const APEX = mustWireName(ZONE);
const DEVICE = mustWireName(`dev1.${ZONE}`);
const CHALLENGE = mustWireName(`_acme-challenge.dev1.${ZONE}`);
const NOBODY = Buffer.alloc(0);
const ANY = 255;
const NONE = 254;
const NAMES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN', 'YXRRSET', 'NXRRSET'];
const RCODES = [...NAMES, 'NOTAUTH', 'NOTZONE'];

const database = withDatabase();
let server: DdnsServer;
let key: TsigKey;
let transferKey: TsigKey;
let id = 0;

beforeAll(async () => {
  server = await startDdns(database.url);
  const device = { id: randomUUID(), name: `dev1.${ZONE}`, zone: ZONE };
  await server.dataSource.query(
    `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
     VALUES ($1, 'dev1', $2, $3, 'active', '{10.1.1.4,fd00::4}', now())`,
    [device.id, ZONE, device.name],
  );
  const published = { deviceId: device.id, name: device.name, zone: ZONE, wildcard: false };
  await server.names.publish({ ...published, addresses: ['10.1.1.4', 'fd00::4'] }, NO_WRITE);
  const keys = server.get(TsigKeys);
  const made = await server.dataSource.transaction((transaction) =>
    keys.createForDevice(transaction, { device, types: ['TXT'] }),
  );
  const transfer = await keys.createForTransfer({ zone: ZONE, name: 'transfer.example', algorithm: 'hmac-sha384' });
  await keys.published();
  key = tsigKey(mustWireName(made.name), made.algorithm, Buffer.from(made.secret, 'base64'));
  transferKey = tsigKey(mustWireName(transfer.name), transfer.algorithm, Buffer.from(transfer.secret, 'base64'));
});
afterAll(() => server.stop());

const now = (): number => Math.floor(Date.now() / 1000);
const sign = (message: Buffer, signer: TsigKey = key, at = now()): Buffer =>
  signTsigRequest(message, signer, at).message;

function record(name: string, type: number, rdata: Buffer, recordClass = CLASS_IN, ttl = 60): WireRecord {
  return { name, type, class: recordClass, ttl, rdata };
}

function update(prerequisites: readonly WireRecord[], updates: readonly WireRecord[], zone = APEX): Buffer {
  id += 1;
  const questions = [{ name: zone, type: TYPE.SOA, class: CLASS_IN }];
  return encodeMessage({ id, flags: 0x2800, questions, answers: prerequisites, authority: updates });
}

const text = (value: string): Buffer => Buffer.from(`${String.fromCharCode(value.length)}${value}`);
const add = record(CHALLENGE, TYPE.TXT, text('added'));

/** Signs with a MAC of so many octets only. */
function signedShort(message: Buffer, octets: number): Buffer {
  const fields = {
    keyName: key.name,
    algorithmName: tsigAlgorithmName(key.algorithm),
    timeSigned: now(),
    fudge: 300,
    originalId: message.readUInt16BE(0),
    error: 0,
    otherData: NOBODY,
  };
  return appendTsig(message, { ...fields, mac: tsigMac(key, { message, record: fields }).subarray(0, octets) });
}

interface Row {
  readonly phenomenon: string;
  readonly message: () => Buffer;
  readonly rcode: string;
  /** The error in the answer's TSIG record; undefined: it has none. `signed`: a TSIG record without an error. */
  readonly tsig?: keyof typeof TSIG_ERRORS | 'signed';
}

const soa = (): Buffer => aQuery({ name: ZONE, type: 'SOA' });

const rows: Row[] = [
  { phenomenon: 'signs the answer to a signed query', message: () => sign(soa()), rcode: 'NOERROR', tsig: 'signed' },
  {
    phenomenon: 'answers NOTAUTH and BADKEY to an unknown key',
    message: () => sign(soa(), tsigKey(mustWireName('nobody.example'), 'hmac-sha256', Buffer.alloc(32, 7))),
    rcode: 'NOTAUTH',
    tsig: 'BADKEY',
  },
  {
    phenomenon: 'answers NOTAUTH and BADKEY to a known key with another algorithm',
    message: () => sign(soa(), tsigKey(key.name, 'hmac-sha512', Buffer.alloc(32, 7))),
    rcode: 'NOTAUTH',
    tsig: 'BADKEY',
  },
  {
    phenomenon: 'answers NOTAUTH and BADSIG to a wrong secret',
    message: () => sign(soa(), tsigKey(key.name, key.algorithm, Buffer.alloc(32, 7))),
    rcode: 'NOTAUTH',
    tsig: 'BADSIG',
  },
  {
    phenomenon: 'answers NOTAUTH and BADTIME to a clock that is slow',
    message: () => sign(soa(), key, now() - 1000),
    rcode: 'NOTAUTH',
    tsig: 'BADTIME',
  },
  {
    phenomenon: 'answers NOTAUTH and BADTIME to a clock that is fast',
    message: () => sign(soa(), key, now() + 1000),
    rcode: 'NOTAUTH',
    tsig: 'BADTIME',
  },
  {
    phenomenon: 'answers NOTAUTH and BADTRUNC to half a MAC',
    message: () => signedShort(soa(), 16),
    rcode: 'NOTAUTH',
    tsig: 'BADTRUNC',
  },
  { phenomenon: 'answers FORMERR to less than half a MAC', message: () => signedShort(soa(), 9), rcode: 'FORMERR' },
  {
    phenomenon: 'answers FORMERR to two TSIG records',
    message: () => sign(sign(soa())),
    rcode: 'FORMERR',
  },
  { phenomenon: 'refuses an unsigned update', message: () => update([], [add]), rcode: 'REFUSED' },
  {
    phenomenon: 'refuses an update with a key for transfers',
    message: () => sign(update([], [add]), transferKey),
    rcode: 'REFUSED',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers NOTAUTH to an update of a zone that is not ours',
    message: () => sign(update([], [add], mustWireName('example.org'))),
    rcode: 'NOTAUTH',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers NOTZONE to a name outside of the zone',
    message: () => sign(update([], [record(mustWireName('a.example.org'), TYPE.TXT, text('x'))])),
    rcode: 'NOTZONE',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers FORMERR to a zone section that asks for another type than SOA',
    message: () => sign(aQuery({ flags: 0x2800, name: ZONE, type: 'A' })),
    rcode: 'FORMERR',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers FORMERR to a deletion with a TTL',
    message: () => sign(update([], [record(CHALLENGE, TYPE.TXT, NOBODY, ANY, 60)])),
    rcode: 'FORMERR',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers FORMERR to a prerequisite with a TTL',
    message: () => sign(update([record(CHALLENGE, TYPE.TXT, NOBODY, ANY, 60)], [add])),
    rcode: 'FORMERR',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers YXDOMAIN where a name is in use that must not be',
    message: () => sign(update([record(DEVICE, TYPE.ANY, NOBODY, NONE, 0)], [add])),
    rcode: 'YXDOMAIN',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers NXDOMAIN where a name is not in use that has to be',
    message: () => sign(update([record(CHALLENGE, TYPE.ANY, NOBODY, ANY, 0)], [add])),
    rcode: 'NXDOMAIN',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers YXRRSET where an RRset exists that must not',
    message: () => sign(update([record(DEVICE, TYPE.A, NOBODY, NONE, 0)], [add])),
    rcode: 'YXRRSET',
    tsig: 'signed',
  },
  {
    phenomenon: 'answers NXRRSET where an RRset has other values than it has to',
    message: () => sign(update([record(DEVICE, TYPE.A, Buffer.of(10, 9, 9, 9), CLASS_IN, 0)], [add])),
    rcode: 'NXRRSET',
    tsig: 'signed',
  },
  ...[
    ['the SOA', record(APEX, TYPE.SOA, NOBODY, ANY, 0)],
    ['the NS of the apex', record(APEX, TYPE.NS, NOBODY, ANY, 0)],
    ['everything at the apex', record(APEX, TYPE.ANY, NOBODY, ANY, 0)],
    ['a type that the key is not for', record(DEVICE, TYPE.A, Buffer.of(10, 0, 0, 9))],
    ['another device', record(mustWireName(`_acme-challenge.other.${ZONE}`), TYPE.TXT, text('x'))],
  ].map(([what, wrong]): Row => ({
    phenomenon: `refuses an update of ${what as string} with all that comes with it`,
    message: () => sign(update([], [add, wrong as WireRecord])),
    rcode: 'REFUSED',
    tsig: 'signed',
  })),
  {
    phenomenon: 'answers REFUSED to a NOTIFY of a zone of ours, so that it is not repeated',
    message: () => aQuery({ flags: 0x2400, name: ZONE, type: 'SOA' }),
    rcode: 'REFUSED',
  },
  {
    phenomenon: 'answers NOTAUTH to a NOTIFY of another zone',
    message: () => aQuery({ flags: 0x2400, name: 'example.org', type: 'SOA' }),
    rcode: 'NOTAUTH',
  },
  { phenomenon: 'refuses AXFR without TSIG', message: () => aQuery({ name: ZONE, type: 'AXFR' }), rcode: 'REFUSED' },
  {
    phenomenon: 'refuses IXFR with a key for updates',
    message: () => sign(aQuery({ name: ZONE, type: 'IXFR', counts: [1, 0, 0, 0] })),
    rcode: 'REFUSED',
    tsig: 'signed',
  },
];

describe.each([
  ['UDP', exchangeUdp],
  ['TCP', exchangeTcp],
] as const)('over %s', (transport, send) => {
  const exchange = (message: Buffer): Promise<Buffer> => send(server.port, message, 10_000);

  it.each(rows)('$phenomenon', async ({ message, rcode, tsig }) => {
    const before = server.served.zone(ZONE)!.serial;
    const answer = await exchange(message());
    expect(RCODES[answer[3]! & 15]).toBe(rcode);
    const found = findTsig(answer);
    expect(found && (found.record.error === 0 ? 'signed' : errorName(found.record.error))).toBe(tsig);
    expect(server.served.zone(ZONE)!.serial).toBe(before);
    expect(server.served.zone(ZONE)!.node(CHALLENGE)).toBeUndefined();
  });

  it('signs what a client with a wrong clock is told, and tells it our time', async () => {
    const request = signTsigRequest(soa(), key, now() - 1000);
    const { record: told } = findTsig(await exchange(request.message))!;
    expect(told.mac.length).toBeGreaterThan(0);
    expect(Math.abs(told.otherData.readUIntBE(0, 6) - now())).toBeLessThan(60);
  });

  it('makes a signed update, whose answer is signed', async () => {
    const request = signTsigRequest(update([], [record(CHALLENGE, TYPE.TXT, text(transport))]), key, now());
    const answer = await exchange(request.message);
    expect(RCODES[answer[3]! & 15]).toBe('NOERROR');
    expect(verifyTsigAnswer(answer, key, request, now())).toBe(true);
    const served = await exchange(aQuery({ name: `_acme-challenge.dev1.${ZONE}`, type: 'TXT' }));
    expect(describeAnswer(served).answers.join()).toContain(transport);
    await exchange(sign(update([], [record(CHALLENGE, TYPE.TXT, NOBODY, ANY, 0)])));
    expect(server.served.zone(ZONE)!.node(CHALLENGE)).toBeUndefined();
  });

  it('gives a client with a cookie one of ours, which holds', async () => {
    const client = Buffer.alloc(8, 5);
    const query = (cookie: Buffer): Buffer => aQuery({ name: `dev1.${ZONE}`, edns: { options: anOption(10, cookie) } });
    const first = await exchange(query(client));
    const cookie = first.subarray(first.length - 24);
    expect(first.readUInt16BE(first.length - 28)).toBe(10);
    expect(cookie.subarray(0, 8)).toEqual(client);
    const again = await exchange(query(cookie));
    expect(describeAnswer(again)).toMatchObject({ rcode: 'NOERROR', answers: [`dev1.${ZONE}. 60 IN A 10.1.1.4`] });
  });

  it.each([7, 9, 15, 41])('answers FORMERR to a cookie of %i octets', async (octets) => {
    const options = anOption(10, Buffer.alloc(octets, 5));
    expect((await exchange(aQuery({ name: `dev1.${ZONE}`, edns: { options } })))[3]! & 15).toBe(1);
  });

  it.each([
    ['10-1-1-4', 'A', 'NOERROR', ['10.1.1.4']],
    ['fd00--4', 'AAAA', 'NOERROR', ['fd00::4']],
    ['10-1-1-4', 'AAAA', 'NOERROR', []],
    ['10-1-1-5', 'A', 'NXDOMAIN', []],
    ['fd00--5', 'AAAA', 'NXDOMAIN', []],
    ['010-1-1-4', 'A', 'NXDOMAIN', []],
  ])('answers the IP-encoded name %s %s with %s', async (label, type, rcode, addresses) => {
    const name = `${label}.dev1.${ZONE}`;
    const answer = describeAnswer(await exchange(aQuery({ name, type })));
    expect(answer.rcode).toBe(rcode);
    expect(answer.answers).toEqual(addresses.map((address) => `${name}. 60 IN ${type} ${address}`));
    expect(answer.authority).toHaveLength(addresses.length > 0 ? 0 : 1);
  });
});

function errorName(error: number): string {
  return Object.entries(TSIG_ERRORS).find(([, number]) => number === error)?.[0] ?? String(error);
}
