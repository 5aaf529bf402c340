import { describe, expect, it } from 'vitest';

import { ADMIT, DROP, SLIP } from '../listeners/query-gate.js';
import { RCODE } from '../wire/message-codes.js';
import { Query } from '../wire/query.js';
import { ClientAddress } from './client-address.js';
import { type GateParts, ProtectiveGate } from './protective-gate.js';
import { ResponseRateLimiter } from './response-rate-limiter.js';
import { RollingCookies } from './rolling-cookies.js';

const NOW = 1_800_000_000_000;
const COOKIES = new RollingCookies((period) => Buffer.alloc(16, period));
const CLIENT = { address: '192.0.2.1', port: 4711 };
const CLIENT_COOKIE = 'aabbccddeeff0011';

/** Lets two answers through, then slips and drops in turn. */
function aGate(parts: Partial<GateParts> = {}): ProtectiveGate {
  const limiter = new ResponseRateLimiter({ responsesPerSecond: 1, burstSeconds: 2, slip: 2, slots: 64 }, 1);
  return new ProtectiveGate({
    cookies: COOKIES,
    limiter,
    badCookie: 'never',
    monotonicNow: () => 0,
    now: () => NOW,
    ...parts,
  });
}

function aQuery(cookie = ''): Query {
  const query = new Query();
  query.message = Buffer.concat([Buffer.alloc(20), Buffer.from(cookie, 'hex')]);
  if (cookie !== '') {
    query.cookieOffset = 20;
    query.cookieOctets = cookie.length / 2;
  }
  return query;
}

function validCookie(address = CLIENT.address): string {
  const cookie = Buffer.alloc(24);
  const client = new ClientAddress().read(address);
  COOKIES.at(NOW / 1000).write(cookie, 0, Buffer.from(CLIENT_COOKIE, 'hex'), 0, client, NOW / 1000);
  return cookie.toString('hex');
}

const admissions = (gate: ProtectiveGate, times: number, query = aQuery(), from = CLIENT): readonly number[] =>
  Array.from({ length: times }, () => gate.admit(query, from, 'udp'));

describe('the gate before the answers', () => {
  it('admits up to the limit, then drops and slips in turn', () => {
    expect(admissions(aGate(), 6)).toEqual([ADMIT, ADMIT, DROP, SLIP, DROP, SLIP]);
  });

  it('admits everything without a limiter', () => {
    expect(admissions(aGate({ limiter: undefined }), 5)).toEqual([ADMIT, ADMIT, ADMIT, ADMIT, ADMIT]);
  });

  it('never limits TCP', () => {
    const gate = aGate();
    admissions(gate, 10);
    expect(gate.admit(aQuery(), CLIENT, 'tcp')).toBe(ADMIT);
  });

  it('never limits a client with a valid cookie, and spends nothing of its neighbours', () => {
    const gate = aGate();
    expect(new Set(admissions(gate, 20, aQuery(validCookie())))).toEqual(new Set([ADMIT]));
    expect(admissions(gate, 2, aQuery(), { address: '192.0.2.2', port: 1 })).toEqual([ADMIT, ADMIT]);
  });

  it.each([
    ['only a client cookie', CLIENT_COOKIE],
    ['somebody else’s cookie', validCookie('192.0.2.77')],
    ['an invented cookie', `${CLIENT_COOKIE}${'01'.repeat(16)}`],
  ])('limits a client with %s, and tells it a valid one', (_, cookie) => {
    const gate = aGate();
    expect(admissions(gate, 4, aQuery(cookie))).toEqual([ADMIT, ADMIT, DROP, SLIP]);
    expect(gate.cookie.toString('hex')).toBe(validCookie());
    expect(gate.admit(aQuery(gate.cookie.toString('hex')), CLIENT, 'udp')).toBe(ADMIT);
  });

  it('gives no cookie to a client that sends none', () => {
    const gate = aGate();
    gate.admit(aQuery(CLIENT_COOKIE), CLIENT, 'udp');
    expect(gate.cookie).toHaveLength(24);
    gate.admit(aQuery(), CLIENT, 'udp');
    expect(gate.cookie).toHaveLength(0);
  });

  it('refuses a malformed cookie with FORMERR, limited, and makes none', () => {
    const gate = aGate();
    expect(admissions(gate, 3, aQuery('0102'))).toEqual([RCODE.FORMERR, RCODE.FORMERR, DROP]);
    expect(gate.cookie).toHaveLength(0);
    expect(gate.admit(aQuery('0102'), CLIENT, 'tcp')).toBe(RCODE.FORMERR);
  });

  it('says BADCOOKIE over the limit where that is configured, to clients that send cookies', () => {
    const gate = aGate({ badCookie: 'over-limit' });
    expect(admissions(gate, 4, aQuery(CLIENT_COOKIE))).toEqual([ADMIT, ADMIT, DROP, RCODE.BADCOOKIE]);
    expect(gate.cookie).toHaveLength(24);
    expect(admissions(aGate({ badCookie: 'over-limit' }), 4)).toEqual([ADMIT, ADMIT, DROP, SLIP]);
  });

  it('says BADCOOKIE always where that is configured, over UDP, to clients that send cookies', () => {
    const gate = aGate({ badCookie: 'always', limiter: undefined });
    expect(gate.admit(aQuery(CLIENT_COOKIE), CLIENT, 'udp')).toBe(RCODE.BADCOOKIE);
    expect(gate.admit(aQuery(validCookie()), CLIENT, 'udp')).toBe(ADMIT);
    expect(gate.admit(aQuery(CLIENT_COOKIE), CLIENT, 'tcp')).toBe(ADMIT);
    expect(gate.admit(aQuery(), CLIENT, 'udp')).toBe(ADMIT);
  });

  it.each(['127.0.0.1', '::1'])('lets loopback client %s through, unless told otherwise', (address) => {
    const from = { address, port: 1 };
    expect(new Set(admissions(aGate(), 5, aQuery(), from))).toEqual(new Set([ADMIT]));
    expect(admissions(aGate({ limitsLoopback: true }), 3, aQuery(), from)).toEqual([ADMIT, ADMIT, DROP]);
  });
});
