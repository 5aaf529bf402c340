import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { fleetcert, type Finished } from './run.js';

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** A server that answers as it is told, and the words of a command against it. */
async function against(listener: RequestListener, words: string[], terminal = false): Promise<Finished> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const environment = { FLEETCERT_URL: `http://127.0.0.1:${port}/`, FLEETCERT_TOKEN: 'fco_x' };
  return fleetcert(words, environment, { terminal });
}

const answering =
  (body: unknown, status = 200, type = 'application/json'): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** Clears the screen, sets the window's title, turns the direction of text, rings, and comes from C1. */
const HOSTILE = '\u001b[2J\u001b]0;owned\u0007\u202e\u009b31m\r\n\u0000x';

const aDevice = {
  deviceId: '0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a',
  name: `evil${HOSTILE}`,
  label: HOSTILE,
  zone: HOSTILE,
  state: HOSTILE,
  addresses: [HOSTILE],
  wildcard: false,
  aliases: [HOSTILE],
  hardwareId: HOSTILE,
  group: HOSTILE,
  note: HOSTILE,
  enrolledAt: HOSTILE,
  lastSeenAt: HOSTILE,
  cloneSuspectedAt: HOSTILE,
  certificateHealth: HOSTILE,
  certificate: { serial: HOSTILE, notAfter: HOSTILE, renewAt: HOSTILE },
  order: { orderId: HOSTILE, status: HOSTILE, reason: HOSTILE },
};

/** The control sequences that are our own, on a terminal. */
const OUR_OWN = /\p{Cc}\[\d{1,2}m|\r\p{Cc}\[2K/gu;
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('what a hostile server answers', () => {
  it.each([false, true])('moves no cursor and turns no text (terminal: %s)', async (terminal) => {
    const page = { items: [aDevice], nextCursor: null };
    const fleet = {
      serverTime: HOSTILE,
      devices: { total: 1, active: 1, suspended: 0, cloneSuspected: 1 },
      certificates: { ok: 1, renewing: 0, 'at-risk': 0, expired: 0, none: 0, failing: 0 },
      soonestExpiries: [{ deviceId: HOSTILE, name: HOSTILE, notAfter: HOSTILE }],
      failures: [{ orderId: HOSTILE, deviceId: HOSTILE, name: HOSTILE, reason: HOSTILE, at: HOSTILE }],
      queue: { queued: 1, issuing: 0, deferred: 0, reasons: [{ reason: HOSTILE, orders: 1 }] },
      buckets: [
        { limit: HOSTILE, subject: HOSTILE, level: 0, capacity: 5, reserved: 0, refillSeconds: 1, secondsUntilFull: 5 },
      ],
      zones: [{ zone: HOSTILE, serial: 1 }],
    };
    const preview = { dryRun: true, action: 'suspend', count: 2, sample: [{ deviceId: HOSTILE, name: HOSTILE }] };
    const trials: [unknown, string[]][] = [
      [page, ['devices', 'list']],
      [page, ['devices', 'list', '--json']],
      [aDevice, ['devices', 'show', aDevice.deviceId]],
      [aDevice, ['devices', 'suspend', aDevice.deviceId]],
      [preview, ['devices', 'suspend', '--all']],
      [`name\r\n${HOSTILE}\r\n`, ['devices', 'list', '--export', 'csv']],
      [fleet, ['fleet', 'status']],
      [fleet, ['fleet', 'status', '--json']],
      [{ items: fleet.buckets }, ['limits']],
      [{ id: HOSTILE, key: HOSTILE }, ['keys', 'create']],
      [{ id: HOSTILE, key: HOSTILE }, ['keys', 'create', '--json']],
    ];
    for (const [body, words] of trials) {
      const { out, err } = await against(answering(body), words, terminal);
      const shown = `${out}${err}`.replaceAll(OUR_OWN, '');
      expect([words, out]).not.toEqual([words, '']);
      expect([words, UNSAFE.exec(shown.replaceAll('\r\n', '\n'))]).toEqual([words, null]);
      await new Promise((resolve) => server!.close(resolve));
    }
  });

  it('means the same in JSON as it was', async () => {
    const { out } = await against(answering(aDevice), ['devices', 'show', aDevice.deviceId, '--json']);
    expect(JSON.parse(out)).toEqual(aDevice);
  });

  it('is an error with safe words, too', async () => {
    const { err } = await against(answering({ detail: `no${HOSTILE}` }, 409), ['devices', 'show', aDevice.deviceId]);
    expect(err).toMatch(/^no�\[2J/);
    expect(err.trimEnd()).not.toMatch(UNSAFE);
  });
});

describe('exit codes', () => {
  it.each([
    [401, 77],
    [403, 77],
    [404, 1],
    [409, 1],
    [429, 75],
    [500, 1],
    [503, 75],
  ])('an answer %i ends with %i, and the words of the server', async (status, code) => {
    const finished = await against(answering({ detail: 'So it is.' }, status, 'application/problem+json'), ['limits']);
    expect(finished).toEqual({ code, out: '', err: 'So it is.\n' });
  });

  it('an answer that is no JSON ends with 1, and asks for the address', async () => {
    const finished = await against(answering('<html>', 200, 'text/html'), ['limits']);
    expect(finished).toMatchObject({ code: 1, out: '', err: expect.stringContaining('is FLEETCERT_URL right?') });
  });

  it('an error without words ends with 1, and says the status', async () => {
    const finished = await against(answering('<html>', 502, 'text/html'), ['limits']);
    expect(finished).toMatchObject({ code: 1, err: expect.stringContaining('answered 502') });
  });

  it('a redirect is not followed: the credential stays here', async () => {
    let asked = 0;
    const finished = await against(
      (_request, response) => {
        asked += 1;
        response.writeHead(302, { location: '/elsewhere' }).end();
      },
      ['limits'],
    );
    expect(finished).toMatchObject({ code: 69, out: '' });
    expect(asked).toBe(1);
  });

  it.each([
    ['no address', {}, 'FLEETCERT_URL is not set'],
    ['no credential', { FLEETCERT_URL: 'http://127.0.0.1:1' }, 'FLEETCERT_TOKEN is not set'],
    ['an address that is none', { FLEETCERT_URL: 'fco_secret', FLEETCERT_TOKEN: 'x' }, 'FLEETCERT_URL: expected'],
    [
      'a password in the address',
      { FLEETCERT_URL: 'http://a:fco_secret@b', FLEETCERT_TOKEN: 'x' },
      'FLEETCERT_URL: expected',
    ],
    [
      'a credential of two words',
      { FLEETCERT_URL: 'http://127.0.0.1:1', FLEETCERT_TOKEN: 'fco_secret x' },
      'FLEETCERT_TOKEN: expected',
    ],
  ])('%s ends with 78, and shows no secret', async (_, environment, words) => {
    const finished = await fleetcert(['fleet', 'status'], environment);
    expect(finished).toMatchObject({ code: 78, out: '', err: expect.stringContaining(words) });
    expect(finished.err).not.toContain('fco_secret');
  });

  it('a server that is not there ends with 69', async () => {
    const environment = { FLEETCERT_URL: 'http://127.0.0.1:1', FLEETCERT_TOKEN: 'fco_x' };
    const finished = await fleetcert(['limits'], environment);
    expect(finished).toMatchObject({ code: 69, out: '', err: expect.stringContaining('cannot be reached') });
  });
});

describe('a terminal', () => {
  const page = { items: [{ ...aDevice, name: 'a.example', state: 'suspended' }], nextCursor: null };

  it('gets colour', async () => {
    expect((await against(answering(page), ['devices', 'list'], true)).out).toContain('\u001b[33msuspended');
  });

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('gets none with %o', async (wish) => {
    server = createServer(answering(page));
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const environment = { FLEETCERT_URL: `http://127.0.0.1:${port}`, FLEETCERT_TOKEN: 'fco_x', ...wish };
    const { out } = await fleetcert(['devices', 'list'], environment, { terminal: true });
    expect(out).toContain('suspended');
    expect(out).not.toContain('\u001b');
  });

  it('is told how far a long list is, and a pipe is not', async () => {
    const pages: RequestListener = (request, response) => {
      const isSecond = request.url!.includes('cursor=');
      const items = Array.from({ length: 1000 }, (_, i) => ({ ...page.items[0], name: `d${i}.example` }));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ items, nextCursor: isSecond ? null : 'c' }));
    };
    const shown = await against(pages, ['devices', 'list', '--json'], true);
    expect(shown.err).toContain('1,000 devices …');
    expect(shown.err.endsWith('\r\u001b[2K')).toBe(true);
    expect((JSON.parse(shown.out) as { items: unknown[] }).items).toHaveLength(2000);
    await new Promise((resolve) => server!.close(resolve));
    expect((await against(pages, ['devices', 'list', '--json'])).err).toBe('');
  });
});
