import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AcmeAccounts } from '../../src/issuer/acme/acme-accounts.js';
import { AcmeUnreachableError } from '../../src/issuer/acme/acme-ca.js';
import type { ScriptedAnswer } from '../support/scripted-ca.js';
import { failureOf, HTML, ScriptedClient, URN } from '../support/scripted-client.js';

let client: ScriptedClient;

beforeAll(async () => {
  client = await ScriptedClient.start();
});

beforeEach(() => client.reset());

afterAll(() => client?.stop());

describe('newOrder', () => {
  it('sends names and profile, and `replaces` where the directory has ARI', async () => {
    client.server.directory = { renewalInfo: client.url('ari') };
    client.server.on('/new-order', client.anOrder());
    await client.ca.newOrder({ names: ['a.test', '*.a.test'], profile: 'shortlived', replaces: 'aYhb.AIdl' });
    expect(client.server.seen[0]).toMatchObject({
      method: 'POST',
      protectedHeader: { alg: 'ES256', kid: client.url('account/1'), url: client.url('new-order') },
      payload: {
        identifiers: [
          { type: 'dns', value: 'a.test' },
          { type: 'dns', value: '*.a.test' },
        ],
        profile: 'shortlived',
        replaces: 'aYhb.AIdl',
      },
    });
    expect(client.server.seen[0]?.headers).toMatchObject({
      'user-agent': expect.stringMatching(/^fleetcert\/\d+\.\d+\.\d+/) as string,
      'content-type': 'application/jose+json',
    });
  });

  it('leaves `replaces` out where the directory has none', async () => {
    client.server.on('/new-order', client.anOrder());
    await client.ca.newOrder({ names: ['a.test'], replaces: 'aYhb.AIdl' });
    expect(client.server.seen[0]?.payload).toEqual({ identifiers: [{ type: 'dns', value: 'a.test' }] });
  });

  it('passes alreadyReplaced on', async () => {
    client.server.on('/new-order', { status: 409, body: { type: `${URN}alreadyReplaced`, detail: 'order 7 did' } });
    expect(await failureOf(client.newOrder())).toMatchObject({ status: 409, problem: { type: 'alreadyReplaced' } });
  });

  it('gives the order its URL from Location, also a relative one, and its names in lower case', async () => {
    client.server.on('/new-order', { ...client.anOrder(), headers: { location: '/order/7', 'retry-after': '5' } });
    expect(await client.newOrder()).toEqual({
      url: client.url('order/7'),
      status: 'pending',
      names: ['k2v7.fleet.test'],
      authorizationUrls: [client.url('authz/1')],
      finalizeUrl: client.url('finalize/1'),
      retryAfterSeconds: 5,
    });
  });
});

describe('the other calls', () => {
  it('read by POST-as-GET', async () => {
    client.server.on('/order/1', client.anOrder('processing'));
    expect((await client.ca.getOrder(client.url('order/1'))).status).toBe('processing');
    expect(client.server.seen[0]).toMatchObject({ method: 'POST', payload: '' });
  });

  it('read an order that failed with its error', async () => {
    const body = {
      ...(client.anOrder('invalid').body as object),
      error: { type: `${URN}caa`, detail: 'no' },
      certificate: 'https://c/1',
    };
    client.server.on('/order/1', { body });
    expect(await client.ca.getOrder(client.url('order/1'))).toMatchObject({
      status: 'invalid',
      error: { type: 'caa', detail: 'no' },
      certificateUrl: 'https://c/1',
    });
  });

  it('read an authorization whose CA offers no dns-01', async () => {
    const identifier = { type: 'dns', value: 'a.test' };
    client.server.on('/authz/1', {
      body: { status: 'pending', identifier, challenges: [{ type: 'http-01', status: 'pending' }] },
    });
    expect(await client.ca.getAuthorization(client.url('authz/1'))).toEqual({
      url: client.url('authz/1'),
      status: 'pending',
      name: 'a.test',
      wildcard: false,
    });
  });

  it.each(['', 'short', 'not+base64url/but-long-enough', 'x'.repeat(21)])('refuse the token %j', async (token) => {
    const identifier = { type: 'dns', value: 'a.test' };
    const challenges = [{ type: 'dns-01', status: 'pending', url: 'https://c/1', token }];
    client.server.on('/authz/1', { body: { status: 'pending', identifier, challenges } });
    expect(await failureOf(client.ca.getAuthorization(client.url('authz/1')))).toBeInstanceOf(AcmeUnreachableError);
  });

  it('do not hold a challenge that is being validated for a failure, and others for one', async () => {
    client.server.on(
      '/chall/1',
      { status: 409, body: { type: `${URN}conflict` } },
      { status: 400, body: { type: `${URN}malformed` } },
    );
    await expect(client.ca.completeChallenge(client.url('chall/1'))).resolves.toBeUndefined();
    expect(client.server.seen[0]?.payload).toEqual({});
    expect(await failureOf(client.ca.completeChallenge(client.url('chall/1')))).toMatchObject({
      problem: { type: 'malformed' },
    });
  });

  it('repeat a read once when the kept connection turns out to be closed', async () => {
    // The server ends the connection with the second request on it, as one does whose idle time-out runs out just then.
    client.server.on('/order/1', client.anOrder(), { fault: 'drop' }, client.anOrder('ready'));
    const url = client.url('order/1');
    await client.ca.getOrder(url);
    expect((await client.ca.getOrder(url)).status).toBe('ready');
    expect(client.server.seen).toHaveLength(3);
    expect(new Set(client.noncesUsed()).size).toBe(3);
  });

  it('never repeat what the CA may have acted on', async () => {
    client.server.on('/new-order', client.anOrder(), { fault: 'drop' }, client.anOrder());
    await client.newOrder();
    expect(await failureOf(client.newOrder())).toBeInstanceOf(AcmeUnreachableError);
    expect(client.server.seen).toHaveLength(2);
  });

  it('take a lost connection between two requests in their stride', async () => {
    client.server.on('/new-order', client.anOrder());
    await client.newOrder();
    client.server.closeIdle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await client.newOrder()).status).toBe('pending');
  });

  it('share kept client.connections', async () => {
    client.server.on('/new-order', client.anOrder());
    for (let round = 0; round < 10; round++) await client.newOrder();
    expect(new Set(client.server.seen.map(({ connection }) => connection)).size).toBe(1);
  });

  it('know the order of a finalize by Location, or by what the caller says', async () => {
    const { headers: _, ...withoutLocation } = client.anOrder('processing');
    client.server.on('/finalize/1', client.anOrder('processing'), withoutLocation);
    const url = client.url('finalize/1');
    const csr = Buffer.from([0x30, 0]);
    expect((await client.ca.finalize(url, csr)).url).toBe(client.url('order/1'));
    expect((await client.ca.finalize(url, csr, 'https://known/1')).url).toBe('https://known/1');
    expect(client.server.seen[0]?.payload).toEqual({ csr: 'MAA' });
  });

  it('find the alternate chains in the Link headers', async () => {
    const link =
      '</cert/1/1>;rel="alternate", <https://x/issuer>; rel="up", <https://x/c>; title="a, b"; rel=alternate';
    client.server.on('/cert/1', { body: '-----BEGIN CERTIFICATE-----', headers: { link } });
    expect((await client.ca.downloadCertificate(client.url('cert/1'))).alternateUrls).toEqual([
      client.url('cert/1/1'),
      'https://x/c',
    ]);
    expect(client.server.seen[0]?.headers.accept).toContain('application/pem-certificate-chain');
  });

  it('take no page of HTML for a certificate', async () => {
    client.server.on('/cert/1', { ...HTML, status: 200 });
    expect(await failureOf(client.ca.downloadCertificate(client.url('cert/1')))).toBeInstanceOf(AcmeUnreachableError);
  });

  it('do not hold a revocation that is done already for a failure, and others for one', async () => {
    client.server.on(
      '/revoke',
      { status: 400, body: { type: `${URN}alreadyRevoked` } },
      { status: 403, body: { type: `${URN}unauthorized` } },
    );
    await expect(client.ca.revokeCertificate(Buffer.from([1]), 4)).resolves.toBeUndefined();
    expect(client.server.seen[0]?.payload).toEqual({ certificate: 'AQ', reason: 4 });
    expect(await failureOf(client.ca.revokeCertificate(Buffer.from([1])))).toMatchObject({
      problem: { type: 'unauthorized' },
    });
  });
});

describe('renewal information', () => {
  const suggestedWindow = { start: '2026-04-01T00:00:00Z', end: '2026-04-03T00:00:00Z' };

  beforeEach(() => {
    client.server.directory = { renewalInfo: client.url('ari') };
  });

  it('is read without authentication, with its Retry-After', async () => {
    const body = { suggestedWindow, explanationURL: 'https://example.org/why' };
    client.server.on('/ari/aYhb.AIdl', { body, headers: { 'retry-after': '21600' } });
    expect(await client.ca.renewalInfo('aYhb.AIdl')).toEqual({
      start: new Date(suggestedWindow.start),
      end: new Date(suggestedWindow.end),
      explanationUrl: 'https://example.org/why',
      retryAfterSeconds: 21_600,
    });
    expect(client.server.seen[0]).toMatchObject({ method: 'GET' });
    expect(client.server.seen[0]).not.toHaveProperty('protectedHeader');
  });

  it.each([
    ['ends before it starts', { start: suggestedWindow.end, end: suggestedWindow.start }],
    ['has no length', { start: suggestedWindow.start, end: suggestedWindow.start }],
    ['is not there', undefined],
    ['holds no times', { start: 'soon', end: 'later' }],
  ])('is no answer when its window %s', async (_, window) => {
    client.server.on('/ari/aYhb.AIdl', { body: { suggestedWindow: window } });
    expect(await failureOf(client.ca.renewalInfo('aYhb.AIdl'))).toBeInstanceOf(AcmeUnreachableError);
  });

  it("passes the CA's refusal on, and asks for no other path", async () => {
    client.server.on('/ari/aYhb.AIdl', {
      status: 404,
      body: { type: `${URN}malformed`, detail: 'unknown certificate' },
    });
    expect(await failureOf(client.ca.renewalInfo('aYhb.AIdl'))).toMatchObject({
      status: 404,
      problem: { type: 'malformed' },
    });
    await expect(client.ca.renewalInfo('../new-order')).rejects.toThrow(TypeError);
  });
});

describe('the directory', () => {
  it('is read once in an hour', async () => {
    await client.ca.directory();
    client.clock.advanceSeconds(3600);
    await client.ca.directory();
    expect(client.server.counts.directory).toBe(1);
    client.clock.advanceSeconds(1);
    await client.ca.directory();
    expect(client.server.counts.directory).toBe(2);
  });

  it('is read once by many at the same time', async () => {
    client.server.on('/new-order', client.anOrder());
    await Promise.all(Array.from({ length: 20 }, () => client.newOrder()));
    expect(client.server.counts.directory).toBe(1);
  });

  it('is read again after a failure, so that moved endpoints are found', async () => {
    client.server.on('/new-order', { fault: 'drop' });
    await failureOf(client.newOrder());
    client.server.directory = { newOrder: client.url('new-order-2') };
    client.server.on('/new-order-2', client.anOrder());
    expect((await client.newOrder()).status).toBe('pending');
  });

  it('is asked for again when it could not be read', async () => {
    client.server.on('/dir', HTML, { body: { newNonce: 'only' } });
    expect(await failureOf(client.ca.directory())).toBeInstanceOf(AcmeUnreachableError);
    expect((await failureOf(client.ca.directory())).message).toMatch(/not an ACME directory: no newAccount/);
    client.server.reset();
    expect(await client.ca.directory()).toMatchObject({ supportsRenewalInfo: false });
  });

  it('tells profiles, CAA identities, terms and ARI', async () => {
    client.server.directory = {
      renewalInfo: client.url('ari'),
      meta: {
        termsOfService: 'https://example.org/tos',
        caaIdentities: ['client.ca.example', 7],
        externalAccountRequired: true,
        profiles: { classic: 'https://example.org/classic', shortlived: 'https://example.org/short' },
      },
    };
    expect(await client.ca.directory()).toEqual({
      caaIdentities: ['client.ca.example'],
      profiles: ['classic', 'shortlived'],
      supportsRenewalInfo: true,
      externalAccountRequired: true,
      termsOfService: 'https://example.org/tos',
    });
  });
});

function register(): ReturnType<AcmeAccounts['register']> {
  return new AcmeAccounts(client.connections).register({
    directoryUrl: client.server.directoryUrl,
    accountKeyPem: client.accountKeyPem,
    contact: ['ops@example.com', 'mailto:dev@example.com'],
    eab: { kid: 'kid-1', hmacKey: 'c2VjcmV0' },
    termsOfServiceAgreed: true,
  });
}

describe('a registration', () => {
  const registered: ScriptedAnswer = {
    status: 201,
    headers: { location: 'https://CA.test:443/Acct/1' },
    body: { status: 'valid' },
  };
  const nobody: ScriptedAnswer = { status: 400, body: { type: `${URN}accountDoesNotExist` } };

  it('looks for the account first, then makes it with contacts and binding', async () => {
    client.server.on('/new-account', nobody, registered);
    expect(await register()).toEqual({ accountUrl: 'https://CA.test:443/Acct/1', status: 'valid', contact: [] });
    expect(client.server.seen[0]?.payload).toEqual({ onlyReturnExisting: true });
    expect(client.server.seen[1]?.payload).toMatchObject({
      termsOfServiceAgreed: true,
      contact: ['mailto:ops@example.com', 'mailto:dev@example.com'],
      externalAccountBinding: { signature: expect.any(String) as string },
    });
    expect(client.server.seen[1]?.protectedHeader).toHaveProperty('jwk');
  });

  it('whose answer was lost finds the account when it is repeated', async () => {
    client.server.on('/new-account', nobody, { fault: 'drop' }, { ...registered, status: 200 });
    expect(await failureOf(register())).toBeInstanceOf(AcmeUnreachableError);
    expect((await register()).accountUrl).toBe('https://CA.test:443/Acct/1');
    expect(client.server.seen.at(-1)?.payload).toEqual({ onlyReturnExisting: true });
  });
});
