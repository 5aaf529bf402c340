import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AcmeConnections } from '../../src/issuer/acme/acme-connections.js';
import { AcmeProblemError, AcmeUnreachableError } from '../../src/issuer/acme/acme-ca.js';
import type { ScriptedAnswer } from '../support/scripted-ca.js';
import { failureOf, HTML, MAX_ANSWER_BYTES, ScriptedClient, URN } from '../support/scripted-client.js';

const badNonce: ScriptedAnswer = { status: 400, body: { type: `${URN}badNonce`, detail: 'JWS has an invalid nonce' } };

let client: ScriptedClient;

beforeAll(async () => {
  client = await ScriptedClient.start();
});

beforeEach(() => client.reset());

afterAll(() => client?.stop());

describe('a refusal', () => {
  const limited = { type: `${URN}rateLimited`, detail: 'too many new orders (300), see https://example.org/limits' };

  it('of the rate limit keeps type, status, words and the seconds of Retry-After, and is not repeated', async () => {
    client.server.on('/new-order', {
      status: 429,
      headers: { 'retry-after': '3600' },
      body: { ...limited, status: 429 },
    });
    const started = performance.now();
    expect(await failureOf(client.newOrder())).toMatchObject({
      name: 'AcmeProblemError',
      status: 429,
      retryAfterSeconds: 3600,
      problem: { type: 'rateLimited', status: 429, detail: limited.detail },
    });
    expect(client.server.seen).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('with an HTTP date is counted from now', async () => {
    client.server.on('/new-order', {
      status: 429,
      headers: { 'retry-after': 'Sun, 01 Mar 2026 12:01:30 GMT' },
      body: limited,
    });
    expect(await failureOf(client.newOrder())).toMatchObject({ retryAfterSeconds: 90 });
  });

  it('without Retry-After has none: the CA has paused us', async () => {
    client.server.on('/new-order', { status: 429, body: limited });
    expect(await failureOf(client.newOrder())).toMatchObject({ status: 429, retryAfterSeconds: undefined });
  });

  it('keeps the subproblems with the names that they are about', async () => {
    const subproblems = [
      { type: `${URN}caa`, detail: 'CAA forbids', identifier: { type: 'dns', value: 'k2v7.fleet.test' } },
      { type: `${URN}dns`, detail: 'SERVFAIL' },
    ];
    client.server.on('/new-order', { status: 403, body: { type: `${URN}compound`, detail: 'two', subproblems } });
    expect((await failureOf(client.newOrder())) as AcmeProblemError).toMatchObject({
      status: 403,
      problem: {
        type: 'compound',
        subproblems: [
          { type: 'caa', detail: 'CAA forbids', name: 'k2v7.fleet.test' },
          { type: 'dns', detail: 'SERVFAIL' },
        ],
      },
    });
  });

  it.each([500, 503])('of status %d with a problem document is one, Retry-After and all', async (status) => {
    const body = { type: `${URN}serverInternal`, detail: 'maintenance' };
    client.server.on('/new-order', { status, headers: { 'retry-after': '120' }, body });
    expect(await failureOf(client.newOrder())).toMatchObject({
      status,
      retryAfterSeconds: 120,
      problem: { type: 'serverInternal' },
    });
  });

  it.each([429, 503])('of the front end by %d with Retry-After is a rate limit without a document', async (status) => {
    client.server.on('/new-order', { ...HTML, status, headers: { 'retry-after': '7' } });
    expect(await failureOf(client.newOrder())).toMatchObject({
      name: 'AcmeProblemError',
      status,
      retryAfterSeconds: 7,
      problem: { type: 'rateLimited' },
    });
  });
});

describe('a CA that cannot be reached', () => {
  it.each<[string, ScriptedAnswer, RegExp]>([
    ['a page of HTML with 503', HTML, /answered 503 without a problem document/],
    ['a page of HTML with 404', { ...HTML, status: 404 }, /answered 404 without a problem document/],
    ['a page of HTML with 201', { ...HTML, status: 201 }, /order's URL|not ACME/],
    ['a redirect', { status: 302, headers: { location: 'https://127.0.0.1:1/' } }, /answered 302, a redirect/],
    ['a closed connection', { fault: 'drop' }, /could not be reached: socket hang up/],
    ['half an answer', { fault: 'half', body: { status: 'pending' } }, /could not be reached: aborted/],
    [
      'an answer that is too large',
      { status: 201, body: 'x'.repeat(MAX_ANSWER_BYTES + 1) },
      /larger than 20000 octets/,
    ],
    [
      'JSON that is no order',
      { status: 201, headers: { location: 'https://a/1' }, body: { status: 'odd' } },
      /not an ACME order/,
    ],
    ['an order without its URL', { status: 201, body: {} }, /without the order's URL/],
  ])('is %s', async (_, answer, message) => {
    client.server.on('/new-order', answer);
    const error = await failureOf(client.newOrder());
    expect(error).toBeInstanceOf(AcmeUnreachableError);
    expect(error.message).toMatch(message);
    expect(client.server.seen).toHaveLength(1);
  });

  it.each<[string, ScriptedAnswer]>([
    ['does not answer', { fault: 'hang' }],
    ['stops in the middle of its answer', { fault: 'stall', body: { status: 'pending' } }],
  ])('is one that %s in time', async (_, answer) => {
    client.reset({ timeoutSeconds: 1 });
    client.server.on('/new-order', answer);
    const error = await failureOf(client.newOrder());
    expect(error).toBeInstanceOf(AcmeUnreachableError);
    expect(error.message).toMatch(/no complete answer within 1 s/);
  });

  it('is one that nobody listens for', async () => {
    const nobody = client.connections.to('https://127.0.0.1:1/dir');
    await expect(nobody.directory()).rejects.toMatchObject({
      name: 'AcmeUnreachableError',
      message: expect.stringMatching(/ECONNREFUSED/) as string,
    });
  });

  it('is one without TLS', async () => {
    await expect(client.connections.to('http://127.0.0.1:1/dir').directory()).rejects.toThrow(/not an https URL/);
  });

  it('is every one after close', async () => {
    client.server.on('/new-order', { fault: 'hang' });
    const underWay = failureOf(client.newOrder());
    await expect.poll(() => client.server.seen.length).toBe(1);
    client.connections.close();
    expect(await underWay).toBeInstanceOf(AcmeUnreachableError);
    expect((await failureOf(client.newOrder())).message).toMatch(/stopping/);
  });

  it('is one whose CA file is missing, until the file is there', async () => {
    const lost = new AcmeConnections(client.clock, { caFile: `${client.server.caFile}.missing` });
    await expect(lost.to(client.server.directoryUrl).directory()).rejects.toThrow(/CA file .* could not be read/);
    lost.close();
  });

  it('is heard of by everybody who waits for a nonce, after one attempt of each place', async () => {
    client.server.on('/new-nonce', HTML);
    client.server.on('/new-order', HTML);
    const failures = await Promise.all(Array.from({ length: 50 }, () => failureOf(client.newOrder())));
    expect(failures.every((error) => error instanceof AcmeUnreachableError)).toBe(true);
    expect(client.server.counts.newNonce).toBeLessThanOrEqual(4);
  });
});

describe('nonces', () => {
  it('come from the answers: one newNonce is enough for a sequence', async () => {
    client.server.on('/new-order', client.anOrder());
    for (let round = 0; round < 10; round++) await client.newOrder();
    expect(client.server.counts.newNonce).toBeLessThanOrEqual(1);
    expect(new Set(client.noncesUsed()).size).toBe(10);
  });

  it('are never used twice, whatever goes on at once', async () => {
    const flaky = Array.from({ length: 60 }, (_, index) => (index % 5 === 0 ? badNonce : client.anOrder()));
    client.server.on('/new-order', ...flaky, client.anOrder());
    await Promise.all(Array.from({ length: 50 }, () => client.newOrder()));
    const used = client.noncesUsed();
    expect(used.length).toBeGreaterThan(50);
    expect(new Set(used).size).toBe(used.length);
  });

  it('that were refused are replaced by the one of the refusal', async () => {
    client.server.on('/new-order', badNonce, badNonce, client.anOrder());
    expect((await client.newOrder()).status).toBe('pending');
    expect(client.server.seen).toHaveLength(3);
    expect(new Set(client.noncesUsed()).size).toBe(3);
    expect(client.server.counts.newNonce).toBeLessThanOrEqual(1);
  });

  it('that are older than a refused one are not tried: the CA has forgotten them too', async () => {
    let count = 0;
    const withNonce = (answer: ScriptedAnswer): ScriptedAnswer => ({
      ...answer,
      headers: { ...answer.headers, 'replay-nonce': `new-${++count}` },
    });
    const { nonces } = client.connections.to(client.server.directoryUrl);
    for (let number = 0; number < 10; number++) nonces.put(`old-${number}`);
    let refusals = 0;
    client.server.on('/new-nonce', () => withNonce({}));
    client.server.on('/new-order', ({ protectedHeader }) => {
      if (String(protectedHeader?.['nonce']).startsWith('new')) return withNonce(client.anOrder());
      refusals += 1;
      return withNonce(badNonce);
    });
    await client.newOrder();
    await Promise.all(Array.from({ length: 3 }, () => client.newOrder()));
    expect(refusals).toBe(1);
  });

  it('are asked for anew when the refusal brings none', async () => {
    client.server.on('/new-order', { ...badNonce, headers: { 'replay-nonce': '!' } }, client.anOrder());
    expect((await client.newOrder()).status).toBe('pending');
    expect(client.server.counts.newNonce).toBeGreaterThanOrEqual(1);
  });

  it("are tried six times in a storm of refusals, and then it is the CA's problem", async () => {
    client.server.on('/new-order', badNonce);
    expect(await failureOf(client.newOrder())).toMatchObject({ problem: { type: 'badNonce' }, status: 400 });
    expect(client.server.seen).toHaveLength(6);
  });

  it('are not reused after an answer that was lost', async () => {
    client.server.on('/new-order', { fault: 'drop' }, client.anOrder());
    await failureOf(client.newOrder());
    expect((await client.newOrder()).status).toBe('pending');
    expect(new Set(client.noncesUsed()).size).toBe(2);
  });
});
