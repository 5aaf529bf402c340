import { afterEach, expect, it } from 'vitest';

import { type GateParts, ProtectiveGate } from '../../src/ddns/rate-limit/protective-gate.js';
import { ResponseRateLimiter } from '../../src/ddns/rate-limit/response-rate-limiter.js';
import { RollingCookies } from '../../src/ddns/rate-limit/rolling-cookies.js';
import { describeWithPeers } from '../support/peers.js';
import { aZone, zoneSet } from './ddns/a-zone.js';
import { listen, type TestListeners } from './ddns/dns-listener.js';
import { dig } from './ddns-transfer-run.js';

const NAME = 'dev1.fleet.test';
const COOKIES = new RollingCookies((period) => Buffer.alloc(16, period));

let server: TestListeners | undefined;
afterEach(() => server?.close());

/** Answers so many queries over UDP, and then none for a long time. */
async function serve(answers: number, parts: Partial<GateParts> = {}): Promise<number> {
  const limits = { responsesPerSecond: 0.01, burstSeconds: answers * 100, slip: 1, slots: 64 };
  server = await listen(zoneSet(aZone(`${NAME}. 60 A 10.0.0.1`)), {
    gate: new ProtectiveGate({
      cookies: COOKIES,
      limiter: new ResponseRateLimiter(limits, 1),
      badCookie: 'never',
      limitsLoopback: true,
      monotonicNow: () => performance.now(),
      now: () => Date.now(),
      ...parts,
    }),
  });
  return server.port;
}

/** The cookie in `dig`'s output, client's and server's part. */
function cookieOf(output: string): string {
  return /COOKIE: ([0-9a-f]{48}) \(good\)/.exec(output)?.[1] ?? '';
}

describeWithPeers(['dig'], 'response rate limiting and cookies with dig', () => {
  it('gives a client a cookie, and takes it as the proof of its address', async () => {
    const port = await serve(1);
    const cookie = cookieOf(await dig(port, NAME));
    expect(cookie).toHaveLength(48);
    for (let count = 0; count < 5; count += 1) {
      const output = await dig(port, '+ignore', `+cookie=${cookie}`, NAME);
      expect(output).toContain('10.0.0.1');
      expect(cookieOf(output)).toHaveLength(48);
    }
  });

  it('sends a client over the limit to TCP, where it is answered', async () => {
    const port = await serve(1);
    expect(await dig(port, '+nocookie', NAME)).toContain('10.0.0.1');
    const truncated = await dig(port, '+nocookie', '+ignore', NAME);
    expect(truncated).toMatch(/flags: [a-z ]*\btc\b/);
    expect(truncated).not.toContain('10.0.0.1');
    const overTcp = await dig(port, '+nocookie', NAME);
    expect(overTcp).toContain('10.0.0.1');
    expect(overTcp).toContain('(TCP)');
  });

  it('tells a client with an invented cookie BADCOOKIE, with one that it can come back with', async () => {
    const port = await serve(0.5, { badCookie: 'over-limit' });
    const invented = `0102030405060708${'01000000'}${'ab'.repeat(12)}`;
    await dig(port, '+nocookie', NAME);
    const refused = await dig(port, '+nobadcookie', '+ignore', `+cookie=${invented}`, NAME);
    expect(refused).toContain('status: BADCOOKIE');
    const retried = await dig(port, '+badcookie', `+cookie=${invented}`, NAME);
    expect(retried).toContain('status: NOERROR');
    expect(retried).toContain('10.0.0.1');
    expect(retried).not.toContain('(TCP)');
  });

  it('answers FORMERR to a cookie of a wrong length', async () => {
    const port = await serve(10);
    expect(await dig(port, '+nocookie', '+ednsopt=10:0102030405', NAME)).toContain('status: FORMERR');
  });

  it('a truncated answer is no longer than its question: nothing to amplify', async () => {
    const port = await serve(1);
    await dig(port, '+nocookie', '+noedns', NAME);
    const output = await dig(port, '+nocookie', '+noedns', '+ignore', NAME);
    expect(output).toMatch(new RegExp(`MSG SIZE\\s+rcvd: ${12 + NAME.length + 2 + 4}\\b`));
  });
});
