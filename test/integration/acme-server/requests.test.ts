import { beforeEach, describe, expect, it, vi } from 'vitest';

import { StoreUnavailableError } from '../../../src/acme-server/ports/acme-store.js';
import { Harness } from './support/harness.js';
import { base64url, makeKey, read, signJws, type TestClient, type Twist } from './support/test-client.js';

const ERROR = 'urn:ietf:params:acme:error:';
const JOSE = { 'content-type': 'application/jose+json' };

let harness: Harness;
let client: TestClient;
beforeEach(async () => {
  harness = await Harness.start();
  client = await harness.client();
});

/** The last letter of 32 octets in base64url has two bits that do not count. */
function otherSpelling(text = ''): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(text.at(-1) ?? '') ^ 1] ?? '';
}

function without(jws: Record<string, unknown>, member: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(jws).filter(([name]) => name !== member));
}

describe('directory', () => {
  it('lists every resource, and what the client has to know', async () => {
    harness = await Harness.start({
      settings: { website: 'https://ca.test', termsOfService: 'https://ca.test/terms', caaIdentities: ['ca.test'] },
    });
    const { status, headers, json } = read(await harness.send({ target: '/directory' }));
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(json).toMatchObject({
      newNonce: 'https://ca.test/acme/new-nonce',
      newAccount: 'https://ca.test/acme/new-acct',
      newOrder: 'https://ca.test/acme/new-order',
      revokeCert: 'https://ca.test/acme/revoke-cert',
      keyChange: 'https://ca.test/acme/key-change',
      renewalInfo: 'https://ca.test/acme/renewal-info',
      meta: {
        termsOfService: 'https://ca.test/terms',
        website: 'https://ca.test',
        caaIdentities: ['ca.test'],
        externalAccountRequired: false,
      },
    });
    const { profiles } = json['meta'] as { profiles: object };
    expect(Object.keys(profiles)).toEqual(['classic', 'tlsserver', 'shortlived']);
  });

  it('has no newAuthz, but an entry that no client knows', async () => {
    const { json } = read(await harness.send({ target: '/directory' }));
    expect(json).not.toHaveProperty('newAuthz');
    expect(Object.keys(json)).toHaveLength(8);
  });

  it('can be read by POST-as-GET', async () => {
    expect((await client.get('/directory')).json).toHaveProperty('newOrder');
  });

  it('does not link to itself', async () => {
    expect((await harness.send({ target: '/directory' })).headers['link']).toEqual([]);
  });

  it('has URLs below a base path', async () => {
    harness = await Harness.start({ baseUrl: 'https://fleet.test/acme-endpoint' });
    const { json } = read(await harness.send({ target: '/acme-endpoint/directory' }));
    expect(json['newOrder']).toBe('https://fleet.test/acme-endpoint/acme/new-order');
    expect((await harness.send({ target: '/directory' })).status).toBe(404);
    client = await harness.client();
    expect(client.accountUrl).toContain('https://fleet.test/acme-endpoint/acme/acct/');
    expect((await client.order(['a.fleet.test'])).status).toBe(201);
  });
});

describe('newNonce', () => {
  it.each([
    ['GET', 204],
    ['HEAD', 200],
  ])('answers %s with %i, a nonce, and no-store', async (method, status) => {
    const answer = await harness.send({ method, target: '/acme/new-nonce' });
    expect(answer.status).toBe(status);
    expect(answer.headers['replay-nonce']).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toBe('');
  });

  it('answers POST-as-GET with 200', async () => {
    expect((await client.get('/acme/new-nonce')).status).toBe(200);
  });

  it('gives another one each time', async () => {
    const nonces = await Promise.all(
      Array.from(
        { length: 50 },
        async () => (await harness.send({ target: '/acme/new-nonce' })).headers['replay-nonce'],
      ),
    );
    expect(new Set(nonces).size).toBe(50);
  });
});

describe('every answer', () => {
  it('to a POST has a fresh nonce, success or not', async () => {
    expect((await client.get(client.accountUrl)).headers['replay-nonce']).toBeDefined();
    expect((await client.post(client.accountUrl, '', { raw: 'nonsense' })).headers['replay-nonce']).toBeDefined();
    expect((await client.post('/acme/nothing', '')).headers['replay-nonce']).toBeDefined();
  });

  it('links to the directory', async () => {
    const index = '<https://ca.test/directory>;rel="index"';
    expect((await client.get(client.accountUrl)).headers['link']).toContain(index);
    expect((await client.get('/acme/nothing')).headers['link']).toContain(index);
    expect((await harness.send({ target: '/acme/new-nonce' })).headers['link']).toContain(index);
  });

  it('may be read by scripts of any origin', async () => {
    const { headers } = await harness.send({ target: '/directory' });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-expose-headers']).toContain('Replay-Nonce');
  });

  it('that refuses is a problem document with its status', async () => {
    const answer = await client.get('/acme/order/nothing');
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer).toMatchObject({ status: 404, json: { type: `${ERROR}malformed`, status: 404 } });
  });
});

describe('method and path', () => {
  it.each([
    ['GET', '/acme/new-acct', 'POST, OPTIONS'],
    ['GET', '/acme/new-order', 'POST, OPTIONS'],
    ['GET', '/acme/order/x', 'POST, OPTIONS'],
    ['GET', '/acme/authz/x', 'POST, OPTIONS'],
    ['GET', '/acme/chall/x', 'POST, OPTIONS'],
    ['GET', '/acme/cert/x', 'POST, OPTIONS'],
    ['HEAD', '/acme/acct/x', 'POST, OPTIONS'],
    ['PUT', '/acme/new-nonce', 'GET, HEAD, POST, OPTIONS'],
    ['DELETE', '/directory', 'GET, HEAD, POST, OPTIONS'],
    ['POST', '/acme/renewal-info/a.b', 'GET, HEAD, OPTIONS'],
  ])('refuses %s %s: 405 with what is allowed', async (method, target, allow) => {
    const answer = await harness.send({ method, target, headers: JOSE });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allow);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  it.each([
    '/',
    '',
    '*',
    '/acme',
    '/acme/',
    '/acme/order/',
    '/acme/order/a/b',
    '/directory/',
    '//directory',
    '/acme/order/%00',
  ])('does not know %j: 404', async (target) => {
    const answer = await harness.send({ target });
    expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } });
  });

  it('answers preflight requests', async () => {
    const answer = await harness.send({ method: 'OPTIONS', target: '/acme/new-order' });
    expect(answer).toMatchObject({ status: 204, headers: { 'access-control-allow-headers': 'Content-Type' } });
  });
});

describe('a POST', () => {
  const target = '/acme/new-order';
  const payload = { identifiers: [{ type: 'dns', value: 'a.fleet.test' }] };

  it.each([undefined, 'application/json', 'application/jose+json; charset=utf-8', 'text/plain'])(
    'of the type %s is refused: 415',
    async (contentType) => {
      expect(await client.post(target, payload, { contentType })).toMatchObject({
        status: 415,
        json: { type: `${ERROR}malformed` },
      });
    },
  );

  it('that is too large is refused: 413', async () => {
    const raw = JSON.stringify({ protected: 'a'.repeat(70_000) });
    expect(await client.post(target, payload, { raw })).toMatchObject({ status: 413 });
  });

  it.each<[string, Twist]>([
    ['no JSON', { raw: 'hello' }],
    ['nothing', { raw: '' }],
    ['a list', { raw: '[]' }],
    ['null', { raw: 'null' }],
    ['not UTF-8', { raw: Uint8Array.from([0x7b, 0xff, 0x7d]) }],
    ['an unprotected header', { change: (jws) => ({ ...jws, header: { kid: 'x' } }) }],
    ['several signatures', { change: ({ payload: text, ...rest }) => ({ payload: text, signatures: [rest] }) }],
    ['no signature', { change: (jws) => without(jws, 'signature') }],
    ['an empty signature', { change: (jws) => ({ ...jws, signature: '' }) }],
    ['a detached payload', { change: (jws) => without(jws, 'payload') }],
    ['a payload that is no string', { change: (jws) => ({ ...jws, payload: { a: 1 } }) }],
    ['padding in the payload', { change: (jws) => ({ ...jws, payload: `${String(jws['payload'])}==` }) }],
    ['padding in the header', { change: (jws) => ({ ...jws, protected: `${String(jws['protected'])}=` }) }],
    ['a header that is no JSON', { change: (jws) => ({ ...jws, protected: base64url('x') }) }],
    ['a header that is a list', { change: (jws) => ({ ...jws, protected: base64url([1]) }) }],
    ['critical extensions', { header: { crit: ['exp'], exp: 1 } }],
    ['an unencoded payload', { header: { b64: false } }],
    ['no algorithm', { header: { alg: undefined } }],
    ['no URL', { header: { url: undefined } }],
    ['a URL that is no string', { header: { url: 7 } }],
    ['neither kid nor jwk', { header: { kid: undefined } }],
    ['a kid that is a number', { header: { kid: 7 } }],
    ['a kid of another server', { header: { kid: 'https://elsewhere.test/acme/acct/1' } }],
    ['a nonce that is not base64url', { header: { nonce: 'a b+' } }],
    ['a changed payload', { change: (jws) => ({ ...jws, payload: base64url({ identifiers: [] }) }) }],
    ['a changed signature', { change: (jws) => ({ ...jws, signature: base64url(Buffer.alloc(64)) }) }],
  ])('with %s is malformed', async (_, twist) => {
    const answer = await client.post(target, payload, twist);
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}malformed` } });
    expect(await harness.store.counts()).toMatchObject({ orders: 0 });
  });

  it('with both kid and jwk is malformed', async () => {
    const answer = await client.post(target, payload, { header: { jwk: client.key.jwk } });
    expect(answer).toMatchObject({ status: 400, json: { detail: 'jwk and kid header fields are mutually exclusive' } });
  });

  it('signed by a key where an account has to sign is malformed', async () => {
    const answer = await client.post(target, payload, { withJwk: true });
    expect(answer).toMatchObject({ status: 400, json: { detail: 'No Key ID in JWS header' } });
  });

  it.each(['none', 'HS256', 'RS384', 'PS256', 'ES256K'])('signed with %s gets the list of algorithms', async (alg) => {
    const answer = await client.post(target, payload, { header: { alg } });
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}badSignatureAlgorithm` } });
    expect(answer.json['algorithms']).toEqual(['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA', 'Ed25519']);
  });

  it('signed with an algorithm that the key is not for gets the right one', async () => {
    const answer = await client.post(target, payload, { header: { alg: 'ES384' } });
    expect(answer).toMatchObject({
      status: 400,
      json: { type: `${ERROR}badSignatureAlgorithm`, algorithms: ['ES256'] },
    });
  });

  it('of an account that does not exist says so', async () => {
    const answer = await client.post(target, payload, { header: { kid: 'https://ca.test/acme/acct/nobody' } });
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}accountDoesNotExist` } });
  });

  it('signed by another key than the account’s is malformed', async () => {
    const answer = await client.post(target, payload, { key: await makeKey('ES256') });
    expect(answer).toMatchObject({ status: 400, json: { detail: 'JWS verification error' } });
  });

  it.each([
    'https://ca.test/acme/new-acct',
    'https://ca.test/acme/new-order?',
    'http://ca.test/acme/new-order',
    '/acme/new-order',
  ])('signed for %s is unauthorized', async (url) => {
    const answer = await client.post(target, payload, { header: { url } });
    expect(answer).toMatchObject({ status: 403, json: { type: `${ERROR}unauthorized` } });
  });
});

describe('a key', () => {
  it.each<[string, (jwk: Record<string, string>) => Record<string, unknown>]>([
    ['that is symmetric', () => ({ kty: 'oct', k: 'AAAA' })],
    ['of no known kind', () => ({ kty: 'XYZ' })],
    ['on an unknown curve', (jwk) => ({ ...jwk, crv: 'secp256k1' })],
    ['that is not on its curve', (jwk) => ({ ...jwk, y: base64url(Buffer.alloc(32, 1)) })],
    ['with short coordinates', (jwk) => ({ ...jwk, x: base64url(Buffer.alloc(31, 1)) })],
    [
      'with bits in its text that say nothing',
      (jwk) => ({ ...jwk, x: `${jwk['x']?.slice(0, -1)}${otherSpelling(jwk['x'])}` }),
    ],
    ['with its private part', (jwk) => ({ ...jwk, d: base64url(Buffer.alloc(32, 1)) })],
  ])('%s is a bad one', async (_, change) => {
    const stranger = await harness.newClient();
    const answer = await stranger.post(
      '/acme/new-acct',
      {},
      {
        withJwk: true,
        header: { jwk: change(stranger.key.jwk) },
      },
    );
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}badPublicKey` } });
  });

  it.each<[string, (jwk: Record<string, string>) => Record<string, unknown>]>([
    ['of 1024 bits', (jwk) => ({ ...jwk, n: base64url(Buffer.alloc(128, 0xff)) })],
    ['of 2047 bits', (jwk) => ({ ...jwk, n: base64url(Buffer.alloc(256, 0x7f)) })],
    ['with exponent 3', (jwk) => ({ ...jwk, e: 'Aw' })],
    ['with a leading zero octet', (jwk) => ({ ...jwk, n: base64url(Buffer.alloc(257, 0)) })],
  ])('of RSA %s is a bad one', async (_, change) => {
    const stranger = await harness.newClient('RS256');
    const answer = await stranger.post(
      '/acme/new-acct',
      {},
      {
        withJwk: true,
        header: { jwk: change(stranger.key.jwk) },
      },
    );
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}badPublicKey` } });
  });

  it('with superfluous members is the same key', async () => {
    const answer = await client.post(
      '/acme/new-acct',
      { onlyReturnExisting: true },
      {
        withJwk: true,
        header: { jwk: { ...client.key.jwk, use: 'sig', kid: 'mine' } },
      },
    );
    expect(answer).toMatchObject({ status: 200, headers: { location: client.accountUrl } });
  });
});

describe('a nonce', () => {
  it('is good once', async () => {
    const nonce = await client.nonce();
    expect((await client.post(client.accountUrl, '', { header: { nonce } })).status).toBe(200);
    const replayed = await client.post(client.accountUrl, '', { header: { nonce } });
    expect(replayed).toMatchObject({ status: 400, json: { type: `${ERROR}badNonce` } });
    expect(replayed.headers['replay-nonce']).toBeDefined();
  });

  it('of a replay is enough to repeat the request', async () => {
    await client.post(client.accountUrl, '', { header: { nonce: base64url(Buffer.alloc(32)) } });
    expect((await client.get(client.accountUrl)).status).toBe(200);
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['empty', ''],
    ['of somebody else', base64url(Buffer.alloc(32, 9))],
    ['too short', 'abcd'],
  ])('that is %s is a bad one', async (_, nonce) => {
    expect(await client.post(client.accountUrl, '', { header: { nonce } })).toMatchObject({
      status: 400,
      json: { type: `${ERROR}badNonce` },
    });
  });

  it('gets too old', async () => {
    const nonce = await client.nonce();
    harness.clock.advanceSeconds(3600);
    expect(await client.post(client.accountUrl, '', { header: { nonce } })).toMatchObject({
      json: { type: `${ERROR}badNonce` },
    });
  });

  it('is not used up by who cannot sign', async () => {
    const nonce = await client.nonce();
    const stranger = await makeKey('ES256');
    await client.post(client.accountUrl, '', { header: { nonce }, key: stranger });
    expect((await client.post(client.accountUrl, '', { header: { nonce } })).status).toBe(200);
  });

  it('is rejected by chance where that is wanted, and then used up', async () => {
    const draws = [0.04, 0.04, 0.06];
    harness = await Harness.start({ settings: { nonceRejectionPercent: 5 }, random: () => draws.shift() ?? 0.99 });
    client = await harness.newClient();
    client.repeatsBadNonce = false;
    expect((await client.register()).json['type']).toBe(`${ERROR}badNonce`);
    expect((await client.register()).json['type']).toBe(`${ERROR}badNonce`);
    expect((await client.register()).status).toBe(201);
  });
});

describe('request rates', () => {
  it('are 503 with Retry-After when exceeded, for each address and kind of endpoint', async () => {
    harness = await Harness.start({ settings: { requestRates: { directory: { perSecond: 2, burst: 3 } } } });
    const directory = (remoteAddress: string): ReturnType<Harness['send']> =>
      harness.send({ target: '/directory', remoteAddress });
    for (let request = 0; request < 3; request += 1) expect((await directory('192.0.2.1')).status).toBe(200);
    const refused = await directory('192.0.2.1');
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(JSON.parse(String(refused.body))).toMatchObject({
      type: `${ERROR}rateLimited`,
      detail: 'Service busy; retry later.',
      status: 503,
    });
    expect((await directory('192.0.2.2')).status).toBe(200);
    expect((await harness.send({ target: '/acme/new-nonce', remoteAddress: '192.0.2.1' })).status).toBe(204);
    harness.clock.advanceSeconds(1);
    expect((await directory('192.0.2.1')).status).toBe(200);
  });
});

describe('trouble inside', () => {
  it('is a 500 without a detail, and logged with its cause', async () => {
    const cause = new Error('secret table gone');
    vi.spyOn(harness.store.accounts, 'find').mockRejectedValue(cause);
    const answer = await client.get(client.accountUrl);
    expect(answer).toMatchObject({ status: 500, json: { type: `${ERROR}serverInternal`, detail: 'Internal error' } });
    expect(answer.text).not.toContain('secret');
    expect(harness.errors).toEqual([{ message: expect.stringContaining('POST /acme/acct/') as string, cause }]);
  });

  it('is a 503 with Retry-After while the store cannot be reached', async () => {
    const find = vi.spyOn(harness.store.accounts, 'find').mockRejectedValue(new StoreUnavailableError('gone'));
    expect(await client.get(client.accountUrl)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      json: { type: `${ERROR}serverInternal` },
    });
    find.mockRestore();
    expect((await client.get(client.accountUrl)).status).toBe(200);
  });
});

it('survives bodies of random octets and mutilated JWS', async () => {
  const good = JSON.stringify(signJws({ alg: 'ES256', kid: client.accountUrl }, {}, client.key));
  for (let round = 0; round < 300; round += 1) {
    const octets = Buffer.from(good);
    for (let flips = 0; flips < 1 + (round % 5); flips += 1) {
      octets[Math.floor(Math.random() * octets.length)] = Math.floor(Math.random() * 256);
    }
    const answer = await harness.send({ method: 'POST', target: '/acme/new-order', headers: JOSE, body: octets });
    expect([400, 403]).toContain(answer.status);
  }
  expect(harness.errors).toEqual([]);
});
