import { beforeEach, describe, expect, it } from 'vitest';

import { OpenAccountPolicy } from '../../../src/acme-server/sandbox/open-account-policy.js';
import { Harness } from './support/harness.js';
import { bindExternalAccount, makeKey, signJws, type TestClient } from './support/test-client.js';

const NEW_ACCOUNT = '/acme/new-acct';
const ERROR = 'urn:ietf:params:acme:error:';

describe('newAccount', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await Harness.start({ settings: { termsOfService: 'https://ca.test/terms' } });
  });

  it('makes an account: 201, its URL, its orders, the terms', async () => {
    const client = await harness.newClient();
    const answer = await client.register({ termsOfServiceAgreed: true, contact: ['mailto:ops@fleet.test'] });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      status: 'valid',
      contact: ['mailto:ops@fleet.test'],
      orders: `${client.accountUrl}/orders`,
    });
    expect(answer.headers['location']).toMatch(/^https:\/\/ca\.test\/acme\/acct\/[A-Za-z0-9_-]+$/);
    expect(answer.headers['link']).toContain('<https://ca.test/terms>;rel="terms-of-service"');
  });

  it.each(['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA'] as const)('takes keys that sign with %s', async (kind) => {
    const client = await harness.newClient(kind);
    expect((await client.register()).status).toBe(201);
    expect((await client.get(client.accountUrl)).status).toBe(200);
  });

  it('hands the existing account back for its key, whatever else is asked', async () => {
    const client = await harness.client();
    const { accountUrl } = client;
    const again = await client.register({ contact: ['tel:+1'] });
    expect(again.status).toBe(200);
    expect(again.headers['location']).toBe(accountUrl);
  });

  it('finds an existing account with onlyReturnExisting, and makes none', async () => {
    const client = await harness.newClient();
    const answer = await client.register({ onlyReturnExisting: true });
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}accountDoesNotExist` } });
    await client.register();
    expect((await client.register({ onlyReturnExisting: true })).status).toBe(200);
    expect(await harness.store.counts()).toMatchObject({ accounts: 1 });
  });

  it('wants the terms to be agreed to', async () => {
    const client = await harness.newClient();
    expect(await client.register({})).toMatchObject({
      status: 400,
      json: { detail: 'must agree to terms of service' },
    });
    expect(await client.register({ termsOfServiceAgreed: 'yes' })).toMatchObject({ status: 400 });
  });

  it.each<[string, unknown, string]>([
    ['a telephone', ['tel:+12025551212'], 'unsupportedContact'],
    ['two addresses in one', ['mailto:a@fleet.test,b@fleet.test'], 'invalidContact'],
    ['header fields', ['mailto:a@fleet.test?subject=x'], 'invalidContact'],
    ['an address without a domain', ['mailto:root'], 'invalidContact'],
    ['no URL', ['ops@fleet.test'], 'invalidContact'],
    ['letters outside ASCII', ['mailto:ops@flëet.test'], 'invalidContact'],
    ['too many', Array.from({ length: 11 }, (_, index) => `mailto:a${index}@fleet.test`), 'malformed'],
    ['no list', 'mailto:ops@fleet.test', 'malformed'],
  ])('refuses %s as contact', async (_, contact, type) => {
    const client = await harness.newClient();
    const answer = await client.register({ termsOfServiceAgreed: true, contact });
    expect(answer).toMatchObject({ status: 400, json: { type: ERROR + type } });
    expect(await harness.store.counts()).toMatchObject({ accounts: 0 });
  });

  it('refuses a request that is signed by an account instead of a key', async () => {
    const client = await harness.client();
    const answer = await client.post(NEW_ACCOUNT, { termsOfServiceAgreed: true });
    expect(answer).toMatchObject({ status: 400, json: { detail: 'No embedded JWK in JWS header' } });
  });

  it('limits new accounts by address, and a /48 of IPv6 addresses, where that is wanted', async () => {
    harness = await Harness.start({
      settings: {
        limits: {
          newAccountsPerAddress: { burst: 1, count: 1, periodSeconds: 10_800 },
          newAccountsPerIpv6Range: { burst: 2, count: 2, periodSeconds: 10_800 },
        },
      },
    });
    const register = async (remoteAddress: string): Promise<number> => {
      const client = await harness.newClient();
      const body = Buffer.from(JSON.stringify(await client.jws(NEW_ACCOUNT, {}, { withJwk: true })));
      const headers = { 'content-type': 'application/jose+json' };
      return (await harness.send({ method: 'POST', target: NEW_ACCOUNT, headers, body, remoteAddress })).status;
    };
    expect(await register('192.0.2.1')).toBe(201);
    expect(await register('192.0.2.1')).toBe(429);
    expect(await register('2001:db8:1:1::1')).toBe(201);
    expect(await register('2001:db8:1:2::1')).toBe(201);
    expect(await register('2001:db8:1:3::1')).toBe(429);
    expect(await register('2001:db8:2::1')).toBe(201);
  });
});

describe('external account binding', () => {
  const HMAC_KEY = Buffer.alloc(32, 3);
  let harness: Harness;
  let client: TestClient;
  beforeEach(async () => {
    harness = await Harness.start({
      policy: new OpenAccountPolicy({
        externalAccountRequired: true,
        externalAccounts: { 'kid-1': HMAC_KEY.toString('base64url') },
      }),
    });
    client = await harness.newClient();
  });

  const bind = (header: Record<string, unknown> = {}, key: Uint8Array = HMAC_KEY, kid = 'kid-1'): unknown =>
    bindExternalAccount(client.key.jwk, `https://ca.test${NEW_ACCOUNT}`, kid, key, header);

  it('is announced in the directory, and wanted', async () => {
    const { body } = await harness.send({ target: '/directory' });
    expect(JSON.parse(String(body))).toMatchObject({ meta: { externalAccountRequired: true } });
    expect(await client.register({})).toMatchObject({ status: 403, json: { type: `${ERROR}externalAccountRequired` } });
  });

  it.each(['HS256', 'HS384', 'HS512'])('is accepted with %s, and shown in the account', async (alg) => {
    const externalAccountBinding = bind({ alg });
    const answer = await client.register({ externalAccountBinding });
    expect(answer.status).toBe(201);
    expect(answer.json['externalAccountBinding']).toEqual(externalAccountBinding);
  });

  it('is not wanted again to find an existing account', async () => {
    await client.register({ externalAccountBinding: bind() });
    expect((await client.register({ onlyReturnExisting: true })).status).toBe(200);
  });

  it.each<[string, () => unknown, string]>([
    ['another key', () => bind({}, Buffer.alloc(32, 4)), 'unauthorized'],
    ['an unknown kid', () => bind({}, HMAC_KEY, 'kid-2'), 'unauthorized'],
    ['no kid', () => bind({ kid: undefined }), 'malformed'],
    ['a nonce', () => bind({ nonce: 'abcd' }), 'malformed'],
    ['another URL', () => bind({ url: 'https://ca.test/acme/new-order' }), 'malformed'],
    ['a signature algorithm that is no MAC', () => bind({ alg: 'ES256' }), 'badSignatureAlgorithm'],
    ['a string', () => 'binding', 'malformed'],
    [
      'the key of somebody else',
      () => bindExternalAccount({ kty: 'EC' }, `https://ca.test${NEW_ACCOUNT}`, 'kid-1', HMAC_KEY),
      'malformed',
    ],
  ])('is refused with %s', async (_, make, type) => {
    const answer = await client.register({ externalAccountBinding: make() });
    expect(answer.json['type']).toBe(ERROR + type);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await harness.store.counts()).toMatchObject({ accounts: 0 });
  });
});

describe('account', () => {
  let harness: Harness;
  let client: TestClient;
  beforeEach(async () => {
    harness = await Harness.start();
    client = await harness.client();
  });

  it('takes new contacts, and ignores what is not the client’s to change', async () => {
    const contact = ['mailto:new@fleet.test'];
    const answer = await client.post(client.accountUrl, {
      contact,
      status: 'valid',
      orders: 'https://elsewhere.test',
      termsOfServiceAgreed: false,
    });
    expect(answer).toMatchObject({ status: 200, json: { status: 'valid', contact } });
    expect((await client.get(client.accountUrl)).json).toEqual(answer.json);
  });

  it('keeps its contacts when an update is wrong', async () => {
    expect((await client.post(client.accountUrl, { contact: ['tel:1'] })).status).toBe(400);
    expect((await client.get(client.accountUrl)).json['contact']).toBeUndefined();
  });

  it('is none of another account’s business', async () => {
    const other = await harness.client();
    expect(await other.get(client.accountUrl)).toMatchObject({ status: 403, json: { type: `${ERROR}unauthorized` } });
  });

  it('cannot be revoked or otherwise changed in status', async () => {
    expect(await client.post(client.accountUrl, { status: 'revoked' })).toMatchObject({ status: 400 });
  });

  it('when deactivated, cannot sign any more nor be registered again, and its open orders are invalid', async () => {
    const order = await client.order(['a.fleet.test']);
    const answer = await client.post(client.accountUrl, { status: 'deactivated' });
    expect(answer).toMatchObject({ status: 200, json: { status: 'deactivated' } });
    expect(await client.get(String(order.headers['location']))).toMatchObject({
      status: 401,
      json: { type: `${ERROR}unauthorized` },
    });
    expect(await client.register({ onlyReturnExisting: true })).toMatchObject({
      status: 401,
      json: { type: `${ERROR}unauthorized` },
    });
  });
});

describe('keyChange', () => {
  const KEY_CHANGE = '/acme/key-change';
  let harness: Harness;
  let client: TestClient;
  beforeEach(async () => {
    harness = await Harness.start();
    client = await harness.client();
  });

  async function change(
    twist: {
      header?: Record<string, unknown>;
      payload?: Record<string, unknown>;
      signWith?: Awaited<ReturnType<typeof makeKey>>;
      newKey?: Awaited<ReturnType<typeof makeKey>>;
    } = {},
  ): Promise<{ answer: Awaited<ReturnType<TestClient['post']>>; newKey: Awaited<ReturnType<typeof makeKey>> }> {
    const newKey = twist.newKey ?? (await makeKey('ES384'));
    const header = { alg: newKey.alg, jwk: newKey.jwk, url: `https://ca.test${KEY_CHANGE}`, ...twist.header };
    const payload = { account: client.accountUrl, oldKey: client.key.jwk, ...twist.payload };
    return { answer: await client.post(KEY_CHANGE, signJws(header, payload, twist.signWith ?? newKey)), newKey };
  }

  it('gives the account the new key, and the old one is worth nothing', async () => {
    const { answer, newKey } = await change();
    expect(answer).toMatchObject({ status: 200, json: { status: 'valid' } });
    expect((await client.get(client.accountUrl)).status).toBe(400);
    client.key = newKey;
    expect((await client.get(client.accountUrl)).status).toBe(200);
  });

  it('lets challenges be answered for the new key', async () => {
    const order = await client.order(['a.fleet.test']);
    client.key = (await change()).newKey;
    await client.solve(order, () => harness.server.idle());
    expect(harness.validator.seen).toHaveLength(1);
    const { json } = await client.get((order.json['authorizations'] as string[])[0] ?? '');
    expect(json['status']).toBe('valid');
  });

  it('refuses a key that another account has: 409, with that account’s URL', async () => {
    const other = await harness.client('ES384');
    const { answer } = await change({ newKey: other.key });
    expect(answer.status).toBe(409);
    expect(answer.headers['location']).toBe(other.accountUrl);
  });

  it.each<[string, () => Promise<Parameters<typeof change>[0]>]>([
    ['an inner JWS that the new key has not signed', async () => ({ signWith: await makeKey('ES384') })],
    ['an inner JWS with a nonce', async () => ({ header: { nonce: 'abcd' } })],
    ['an inner JWS for another URL', async () => ({ header: { url: 'https://ca.test/acme/new-order' } })],
    ['an inner JWS with a kid', async () => ({ header: { jwk: undefined, kid: 'https://ca.test/acme/acct/x' } })],
    ['another account in the payload', async () => ({ payload: { account: 'https://ca.test/acme/acct/x' } })],
    ['another old key in the payload', async () => ({ payload: { oldKey: (await makeKey('ES256')).jwk } })],
    ['no old key in the payload', async () => ({ payload: { oldKey: undefined } })],
    ['the key that the account has', async () => ({ newKey: client.key })],
  ])('refuses %s', async (_, twist) => {
    const { answer } = await change(await twist());
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}malformed` } });
    expect((await client.get(client.accountUrl)).status).toBe(200);
  });

  it('refuses a payload that is no JWS', async () => {
    expect((await client.post(KEY_CHANGE, { account: client.accountUrl })).status).toBe(400);
  });
});
