import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { generateAccountKey } from '../../src/issuer/acme/account-key.js';
import { AcmeAccounts } from '../../src/issuer/acme/acme-accounts.js';
import { AcmeProblemError, AcmeUnreachableError } from '../../src/issuer/acme/acme-ca.js';
import { AcmeClientCa } from '../../src/issuer/acme/acme-client-ca.js';
import { AcmeConnections } from '../../src/issuer/acme/acme-connections.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { startScriptedCa, type ScriptedAnswer, type ScriptedCa } from '../support/scripted-ca.js';

const URN = 'urn:ietf:params:acme:error:';
const badNonce: ScriptedAnswer = { status: 400, body: { type: `${URN}badNonce`, detail: 'JWS has an invalid nonce' } };
const html: ScriptedAnswer = { status: 503, body: '<html><h1>Service Unavailable</h1></html>' };
const accountKeyPem = generateAccountKey();

let scripted: ScriptedCa;
let clock: ManualClock;
let connections: AcmeConnections;
let ca: AcmeClientCa;

beforeAll(async () => {
  scripted = await startScriptedCa();
});

afterAll(() => scripted?.stop());

beforeEach(() => {
  scripted.reset();
  clock = new ManualClock('2026-03-01T12:00:00Z');
  connections = new AcmeConnections(clock, { caFile: scripted.caFile, timeoutSeconds: 0.5, maxAnswerBytes: 20_000 });
  ca = new AcmeClientCa(connections.to(scripted.directoryUrl), {
    accountUrl: `${scripted.baseUrl}/account/1`,
    accountKeyPem,
  });
});

afterEach(() => connections.close());

function anOrder(status = 'pending'): ScriptedAnswer {
  return {
    status: 201,
    headers: { location: `${scripted.baseUrl}/order/1` },
    body: {
      status,
      identifiers: [{ type: 'dns', value: 'K2V7.fleet.test' }],
      authorizations: [`${scripted.baseUrl}/authz/1`],
      finalize: `${scripted.baseUrl}/finalize/1`,
    },
  };
}

function newOrder(): ReturnType<AcmeClientCa['newOrder']> {
  return ca.newOrder({ names: ['k2v7.fleet.test'] });
}

/** How a call failed, and that it did. */
async function failureOf(call: Promise<unknown>): Promise<AcmeProblemError | AcmeUnreachableError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AcmeProblemError || error instanceof AcmeUnreachableError) return error;
  throw new Error(`the call should have failed by one of the two errors, and not: ${String(error)}`);
}

function noncesUsed(): unknown[] {
  return scripted.seen.map(({ protectedHeader }) => protectedHeader?.['nonce']);
}

describe('a refusal', () => {
  const limited = { type: `${URN}rateLimited`, detail: 'too many new orders (300), see https://example.org/limits' };

  it('of the rate limit keeps type, status, words and the seconds of Retry-After, and is not repeated', async () => {
    scripted.on('/new-order', { status: 429, headers: { 'retry-after': '3600' }, body: { ...limited, status: 429 } });
    const started = performance.now();
    expect(await failureOf(newOrder())).toMatchObject({
      name: 'AcmeProblemError',
      status: 429,
      retryAfterSeconds: 3600,
      problem: { type: 'rateLimited', status: 429, detail: limited.detail },
    });
    expect(scripted.seen).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('with an HTTP date is counted from now', async () => {
    scripted.on('/new-order', {
      status: 429,
      headers: { 'retry-after': 'Sun, 01 Mar 2026 12:01:30 GMT' },
      body: limited,
    });
    expect(await failureOf(newOrder())).toMatchObject({ retryAfterSeconds: 90 });
  });

  it('without Retry-After has none: the CA has paused us', async () => {
    scripted.on('/new-order', { status: 429, body: limited });
    expect(await failureOf(newOrder())).toMatchObject({ status: 429, retryAfterSeconds: undefined });
  });

  it('keeps the subproblems with the names that they are about', async () => {
    const subproblems = [
      { type: `${URN}caa`, detail: 'CAA forbids', identifier: { type: 'dns', value: 'k2v7.fleet.test' } },
      { type: `${URN}dns`, detail: 'SERVFAIL' },
    ];
    scripted.on('/new-order', { status: 403, body: { type: `${URN}compound`, detail: 'two', subproblems } });
    expect((await failureOf(newOrder())) as AcmeProblemError).toMatchObject({
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
    scripted.on('/new-order', { status, headers: { 'retry-after': '120' }, body });
    expect(await failureOf(newOrder())).toMatchObject({
      status,
      retryAfterSeconds: 120,
      problem: { type: 'serverInternal' },
    });
  });

  it.each([429, 503])('of the front end by %d with Retry-After is a rate limit without a document', async (status) => {
    scripted.on('/new-order', { ...html, status, headers: { 'retry-after': '7' } });
    expect(await failureOf(newOrder())).toMatchObject({
      name: 'AcmeProblemError',
      status,
      retryAfterSeconds: 7,
      problem: { type: 'rateLimited' },
    });
  });
});

describe('a CA that cannot be reached', () => {
  it.each<[string, ScriptedAnswer, RegExp]>([
    ['a page of HTML with 503', html, /answered 503 without a problem document/],
    ['a page of HTML with 404', { ...html, status: 404 }, /answered 404 without a problem document/],
    ['a page of HTML with 201', { ...html, status: 201 }, /order's URL|not ACME/],
    ['a redirect', { status: 302, headers: { location: 'https://127.0.0.1:1/' } }, /answered 302, a redirect/],
    ['a closed connection', { fault: 'drop' }, /could not be reached: socket hang up/],
    ['no answer in time', { fault: 'hang' }, /no complete answer within 0\.5 s/],
    ['half an answer', { fault: 'half', body: { status: 'pending' } }, /could not be reached: aborted/],
    ['an answer that is too large', { status: 201, body: 'x'.repeat(20_001) }, /larger than 20000 octets/],
    [
      'JSON that is no order',
      { status: 201, headers: { location: 'https://a/1' }, body: { status: 'odd' } },
      /not an ACME order/,
    ],
    ['an order without its URL', { status: 201, body: {} }, /without the order's URL/],
  ])('is %s', async (_, answer, message) => {
    scripted.on('/new-order', answer);
    const error = await failureOf(newOrder());
    expect(error).toBeInstanceOf(AcmeUnreachableError);
    expect(error.message).toMatch(message);
    expect(scripted.seen).toHaveLength(1);
  });

  it('is one that nobody listens for', async () => {
    const nobody = connections.to('https://127.0.0.1:1/dir');
    await expect(nobody.directory()).rejects.toMatchObject({
      name: 'AcmeUnreachableError',
      message: expect.stringMatching(/ECONNREFUSED/) as string,
    });
  });

  it('is one without TLS', async () => {
    await expect(connections.to('http://127.0.0.1:1/dir').directory()).rejects.toThrow(/not an https URL/);
  });

  it('is every one after close', async () => {
    scripted.on('/new-order', { fault: 'hang' });
    const under_way = failureOf(newOrder());
    await expect.poll(() => scripted.seen.length).toBe(1);
    connections.close();
    expect(await under_way).toBeInstanceOf(AcmeUnreachableError);
    expect((await failureOf(newOrder())).message).toMatch(/stopping/);
  });

  it('is one whose CA file is missing, until the file is there', async () => {
    const lost = new AcmeConnections(clock, { caFile: `${scripted.caFile}.missing` });
    await expect(lost.to(scripted.directoryUrl).directory()).rejects.toThrow(/CA file .* could not be read/);
    lost.close();
  });

  it('is heard of by everybody who waits for a nonce, after one attempt of each place', async () => {
    scripted.on('/new-nonce', html);
    scripted.on('/new-order', html);
    const failures = await Promise.all(Array.from({ length: 50 }, () => failureOf(newOrder())));
    expect(failures.every((error) => error instanceof AcmeUnreachableError)).toBe(true);
    expect(scripted.counts.newNonce).toBeLessThanOrEqual(4);
  });
});

describe('nonces', () => {
  it('come from the answers: one newNonce is enough for a sequence', async () => {
    scripted.on('/new-order', anOrder());
    for (let round = 0; round < 10; round++) await newOrder();
    expect(scripted.counts.newNonce).toBeLessThanOrEqual(1);
    expect(new Set(noncesUsed()).size).toBe(10);
  });

  it('are never used twice, whatever goes on at once', async () => {
    const flaky = Array.from({ length: 60 }, (_, index) => (index % 5 === 0 ? badNonce : anOrder()));
    scripted.on('/new-order', ...flaky, anOrder());
    await Promise.all(Array.from({ length: 50 }, () => newOrder()));
    const used = noncesUsed();
    expect(used.length).toBeGreaterThan(50);
    expect(new Set(used).size).toBe(used.length);
  });

  it('that were refused are replaced by the one of the refusal', async () => {
    scripted.on('/new-order', badNonce, badNonce, anOrder());
    expect((await newOrder()).status).toBe('pending');
    expect(scripted.seen).toHaveLength(3);
    expect(new Set(noncesUsed()).size).toBe(3);
    expect(scripted.counts.newNonce).toBeLessThanOrEqual(1);
  });

  it('are asked for anew when the refusal brings none', async () => {
    scripted.on('/new-order', { ...badNonce, headers: { 'replay-nonce': '!' } }, anOrder());
    expect((await newOrder()).status).toBe('pending');
    expect(scripted.counts.newNonce).toBeGreaterThanOrEqual(1);
  });

  it("are tried six times in a storm of refusals, and then it is the CA's problem", async () => {
    scripted.on('/new-order', badNonce);
    expect(await failureOf(newOrder())).toMatchObject({ problem: { type: 'badNonce' }, status: 400 });
    expect(scripted.seen).toHaveLength(6);
  });

  it('are not reused after an answer that was lost', async () => {
    scripted.on('/new-order', { fault: 'drop' }, anOrder());
    await failureOf(newOrder());
    expect((await newOrder()).status).toBe('pending');
    expect(new Set(noncesUsed()).size).toBe(2);
  });
});

describe('newOrder', () => {
  it('sends names and profile, and `replaces` where the directory has ARI', async () => {
    scripted.directory = { renewalInfo: `${scripted.baseUrl}/ari` };
    scripted.on('/new-order', anOrder());
    await ca.newOrder({ names: ['a.test', '*.a.test'], profile: 'shortlived', replaces: 'aYhb.AIdl' });
    expect(scripted.seen[0]).toMatchObject({
      method: 'POST',
      protectedHeader: { alg: 'ES256', kid: `${scripted.baseUrl}/account/1`, url: `${scripted.baseUrl}/new-order` },
      payload: {
        identifiers: [
          { type: 'dns', value: 'a.test' },
          { type: 'dns', value: '*.a.test' },
        ],
        profile: 'shortlived',
        replaces: 'aYhb.AIdl',
      },
    });
    expect(scripted.seen[0]?.headers).toMatchObject({
      'user-agent': expect.stringMatching(/^fleetcert\/\d+\.\d+\.\d+/) as string,
      'content-type': 'application/jose+json',
    });
  });

  it('leaves `replaces` out where the directory has none', async () => {
    scripted.on('/new-order', anOrder());
    await ca.newOrder({ names: ['a.test'], replaces: 'aYhb.AIdl' });
    expect(scripted.seen[0]?.payload).toEqual({ identifiers: [{ type: 'dns', value: 'a.test' }] });
  });

  it('passes alreadyReplaced on', async () => {
    scripted.on('/new-order', { status: 409, body: { type: `${URN}alreadyReplaced`, detail: 'order 7 did' } });
    expect(await failureOf(newOrder())).toMatchObject({ status: 409, problem: { type: 'alreadyReplaced' } });
  });

  it('gives the order its URL from Location, also a relative one, and its names in lower case', async () => {
    scripted.on('/new-order', { ...anOrder(), headers: { location: '/order/7', 'retry-after': '5' } });
    expect(await newOrder()).toEqual({
      url: `${scripted.baseUrl}/order/7`,
      status: 'pending',
      names: ['k2v7.fleet.test'],
      authorizationUrls: [`${scripted.baseUrl}/authz/1`],
      finalizeUrl: `${scripted.baseUrl}/finalize/1`,
      retryAfterSeconds: 5,
    });
  });
});

describe('the other calls', () => {
  it('read by POST-as-GET', async () => {
    scripted.on('/order/1', anOrder('processing'));
    expect((await ca.getOrder(`${scripted.baseUrl}/order/1`)).status).toBe('processing');
    expect(scripted.seen[0]).toMatchObject({ method: 'POST', payload: '' });
  });

  it('read an order that failed with its error', async () => {
    const body = {
      ...(anOrder('invalid').body as object),
      error: { type: `${URN}caa`, detail: 'no' },
      certificate: 'https://c/1',
    };
    scripted.on('/order/1', { body });
    expect(await ca.getOrder(`${scripted.baseUrl}/order/1`)).toMatchObject({
      status: 'invalid',
      error: { type: 'caa', detail: 'no' },
      certificateUrl: 'https://c/1',
    });
  });

  it('read an authorization whose CA offers no dns-01', async () => {
    const identifier = { type: 'dns', value: 'a.test' };
    scripted.on('/authz/1', {
      body: { status: 'pending', identifier, challenges: [{ type: 'http-01', status: 'pending' }] },
    });
    expect(await ca.getAuthorization(`${scripted.baseUrl}/authz/1`)).toEqual({
      url: `${scripted.baseUrl}/authz/1`,
      status: 'pending',
      name: 'a.test',
      wildcard: false,
    });
  });

  it.each(['', 'short', 'not+base64url/but-long-enough', 'x'.repeat(21)])('refuse the token %j', async (token) => {
    const identifier = { type: 'dns', value: 'a.test' };
    const challenges = [{ type: 'dns-01', status: 'pending', url: 'https://c/1', token }];
    scripted.on('/authz/1', { body: { status: 'pending', identifier, challenges } });
    expect(await failureOf(ca.getAuthorization(`${scripted.baseUrl}/authz/1`))).toBeInstanceOf(AcmeUnreachableError);
  });

  it('repeat a read once when the kept connection turns out to be closed', async () => {
    // The server ends the connection with the second request on it, as one does whose idle time-out runs out just then.
    scripted.on('/order/1', anOrder(), { fault: 'drop' }, anOrder('ready'));
    const url = `${scripted.baseUrl}/order/1`;
    await ca.getOrder(url);
    expect((await ca.getOrder(url)).status).toBe('ready');
    expect(scripted.seen).toHaveLength(3);
    expect(new Set(noncesUsed()).size).toBe(3);
  });

  it('never repeat what the CA may have acted on', async () => {
    scripted.on('/new-order', anOrder(), { fault: 'drop' }, anOrder());
    await newOrder();
    expect(await failureOf(newOrder())).toBeInstanceOf(AcmeUnreachableError);
    expect(scripted.seen).toHaveLength(2);
  });

  it('take a lost connection between two requests in their stride', async () => {
    scripted.on('/new-order', anOrder());
    await newOrder();
    scripted.closeIdle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await newOrder()).status).toBe('pending');
  });

  it('share kept connections', async () => {
    scripted.on('/new-order', anOrder());
    for (let round = 0; round < 10; round++) await newOrder();
    expect(new Set(scripted.seen.map(({ connection }) => connection)).size).toBe(1);
  });

  it('know the order of a finalize by Location, or by what the caller says', async () => {
    const { headers: _, ...withoutLocation } = anOrder('processing');
    scripted.on('/finalize/1', anOrder('processing'), withoutLocation);
    const url = `${scripted.baseUrl}/finalize/1`;
    const csr = Buffer.from([0x30, 0]);
    expect((await ca.finalize(url, csr)).url).toBe(`${scripted.baseUrl}/order/1`);
    expect((await ca.finalize(url, csr, 'https://known/1')).url).toBe('https://known/1');
    expect(scripted.seen[0]?.payload).toEqual({ csr: 'MAA' });
  });

  it('find the alternate chains in the Link headers', async () => {
    const link =
      '</cert/1/1>;rel="alternate", <https://x/issuer>; rel="up", <https://x/c>; title="a, b"; rel=alternate';
    scripted.on('/cert/1', { body: '-----BEGIN CERTIFICATE-----', headers: { link } });
    expect((await ca.downloadCertificate(`${scripted.baseUrl}/cert/1`)).alternateUrls).toEqual([
      `${scripted.baseUrl}/cert/1/1`,
      'https://x/c',
    ]);
    expect(scripted.seen[0]?.headers.accept).toContain('application/pem-certificate-chain');
  });

  it('take no page of HTML for a certificate', async () => {
    scripted.on('/cert/1', { ...html, status: 200 });
    expect(await failureOf(ca.downloadCertificate(`${scripted.baseUrl}/cert/1`))).toBeInstanceOf(AcmeUnreachableError);
  });

  it('do not hold a revocation that is done already for a failure, and others for one', async () => {
    scripted.on(
      '/revoke',
      { status: 400, body: { type: `${URN}alreadyRevoked` } },
      { status: 403, body: { type: `${URN}unauthorized` } },
    );
    await expect(ca.revokeCertificate(Buffer.from([1]), 4)).resolves.toBeUndefined();
    expect(scripted.seen[0]?.payload).toEqual({ certificate: 'AQ', reason: 4 });
    expect(await failureOf(ca.revokeCertificate(Buffer.from([1])))).toMatchObject({
      problem: { type: 'unauthorized' },
    });
  });
});

describe('renewal information', () => {
  const suggestedWindow = { start: '2026-04-01T00:00:00Z', end: '2026-04-03T00:00:00Z' };

  beforeEach(() => {
    scripted.directory = { renewalInfo: `${scripted.baseUrl}/ari` };
  });

  it('is read without authentication, with its Retry-After', async () => {
    const body = { suggestedWindow, explanationURL: 'https://example.org/why' };
    scripted.on('/ari/aYhb.AIdl', { body, headers: { 'retry-after': '21600' } });
    expect(await ca.renewalInfo('aYhb.AIdl')).toEqual({
      start: new Date(suggestedWindow.start),
      end: new Date(suggestedWindow.end),
      explanationUrl: 'https://example.org/why',
      retryAfterSeconds: 21_600,
    });
    expect(scripted.seen[0]).toMatchObject({ method: 'GET' });
    expect(scripted.seen[0]).not.toHaveProperty('protectedHeader');
  });

  it.each([
    ['ends before it starts', { start: suggestedWindow.end, end: suggestedWindow.start }],
    ['has no length', { start: suggestedWindow.start, end: suggestedWindow.start }],
    ['is not there', undefined],
    ['holds no times', { start: 'soon', end: 'later' }],
  ])('is no answer when its window %s', async (_, window) => {
    scripted.on('/ari/aYhb.AIdl', { body: { suggestedWindow: window } });
    expect(await failureOf(ca.renewalInfo('aYhb.AIdl'))).toBeInstanceOf(AcmeUnreachableError);
  });

  it("passes the CA's refusal on, and asks for no other path", async () => {
    scripted.on('/ari/aYhb.AIdl', { status: 404, body: { type: `${URN}malformed`, detail: 'unknown certificate' } });
    expect(await failureOf(ca.renewalInfo('aYhb.AIdl'))).toMatchObject({ status: 404, problem: { type: 'malformed' } });
    await expect(ca.renewalInfo('../new-order')).rejects.toThrow(TypeError);
  });
});

describe('the directory', () => {
  it('is read once in an hour', async () => {
    await ca.directory();
    clock.advanceSeconds(3600);
    await ca.directory();
    expect(scripted.counts.directory).toBe(1);
    clock.advanceSeconds(1);
    await ca.directory();
    expect(scripted.counts.directory).toBe(2);
  });

  it('is read once by many at the same time', async () => {
    scripted.on('/new-order', anOrder());
    await Promise.all(Array.from({ length: 20 }, () => newOrder()));
    expect(scripted.counts.directory).toBe(1);
  });

  it('is read again after a failure, so that moved endpoints are found', async () => {
    scripted.on('/new-order', { fault: 'drop' });
    await failureOf(newOrder());
    scripted.directory = { newOrder: `${scripted.baseUrl}/new-order-2` };
    scripted.on('/new-order-2', anOrder());
    expect((await newOrder()).status).toBe('pending');
  });

  it('is asked for again when it could not be read', async () => {
    scripted.on('/dir', html, { body: { newNonce: 'only' } });
    expect(await failureOf(ca.directory())).toBeInstanceOf(AcmeUnreachableError);
    expect((await failureOf(ca.directory())).message).toMatch(/not an ACME directory: no newAccount/);
    scripted.reset();
    expect(await ca.directory()).toMatchObject({ supportsRenewalInfo: false });
  });

  it('tells profiles, CAA identities, terms and ARI', async () => {
    scripted.directory = {
      renewalInfo: `${scripted.baseUrl}/ari`,
      meta: {
        termsOfService: 'https://example.org/tos',
        caaIdentities: ['ca.example', 7],
        externalAccountRequired: true,
        profiles: { classic: 'https://example.org/classic', shortlived: 'https://example.org/short' },
      },
    };
    expect(await ca.directory()).toEqual({
      caaIdentities: ['ca.example'],
      profiles: ['classic', 'shortlived'],
      supportsRenewalInfo: true,
      externalAccountRequired: true,
      termsOfService: 'https://example.org/tos',
    });
  });
});

function register(): ReturnType<AcmeAccounts['register']> {
  return new AcmeAccounts(connections).register({
    directoryUrl: scripted.directoryUrl,
    accountKeyPem,
    contact: ['ops@example.com', 'mailto:dev@example.com'],
    eab: { kid: 'kid-1', hmacKey: 'c2VjcmV0' },
    termsOfServiceAgreed: true,
  });
}

describe('a registration', () => {
  const registered: ScriptedAnswer = {
    status: 201,
    headers: { location: 'https://ca.test/Acct/1' },
    body: { status: 'valid' },
  };
  const nobody: ScriptedAnswer = { status: 400, body: { type: `${URN}accountDoesNotExist` } };

  it('looks for the account first, then makes it with contacts and binding', async () => {
    scripted.on('/new-account', nobody, registered);
    expect(await register()).toEqual({ accountUrl: 'https://ca.test/Acct/1', status: 'valid', contact: [] });
    expect(scripted.seen[0]?.payload).toEqual({ onlyReturnExisting: true });
    expect(scripted.seen[1]?.payload).toMatchObject({
      termsOfServiceAgreed: true,
      contact: ['mailto:ops@example.com', 'mailto:dev@example.com'],
      externalAccountBinding: { signature: expect.any(String) as string },
    });
    expect(scripted.seen[1]?.protectedHeader).toHaveProperty('jwk');
  });

  it('whose answer was lost finds the account when it is repeated', async () => {
    scripted.on('/new-account', nobody, { fault: 'drop' }, { ...registered, status: 200 });
    expect(await failureOf(register())).toBeInstanceOf(AcmeUnreachableError);
    expect((await register()).accountUrl).toBe('https://ca.test/Acct/1');
    expect(scripted.seen.at(-1)?.payload).toEqual({ onlyReturnExisting: true });
  });
});
