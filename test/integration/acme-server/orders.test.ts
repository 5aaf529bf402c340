import { createHash } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import { addSeconds } from '../../../src/kernel/clock.js';
import type { AccountPolicy } from '../../../src/acme-server/ports/account-policy.js';
import { Harness, NOW } from './support/harness.js';
import type { TestClient } from './support/test-client.js';

const ERROR = 'urn:ietf:params:acme:error:';
const DAY = 86_400;

let harness: Harness;
let client: TestClient;
const settle = (): Promise<void> => harness.server.idle();
beforeEach(async () => {
  harness = await Harness.start();
  client = await harness.client();
});

function isoAfter(seconds: number): string {
  return addSeconds(new Date(NOW), seconds).toISOString().replace('.000', '');
}

async function authorizationUrl(name: string): Promise<string> {
  return ((await client.order([name])).json['authorizations'] as string[])[0] ?? '';
}

describe('newOrder', () => {
  it('makes an order: 201 and all its parts', async () => {
    const answer = await client.order(['b.fleet.test', 'A.Fleet.TEST', 'b.fleet.test', '*.a.fleet.test']);
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toMatch(/^https:\/\/ca\.test\/acme\/order\//);
    expect(answer.json).toEqual({
      status: 'pending',
      expires: isoAfter(7 * DAY),
      identifiers: ['*.a.fleet.test', 'a.fleet.test', 'b.fleet.test'].map((value) => ({ type: 'dns', value })),
      profile: 'classic',
      authorizations: [expect.any(String), expect.any(String), expect.any(String)] as string[],
      finalize: expect.stringMatching(/^https:\/\/ca\.test\/acme\/finalize\//) as string,
    });
    expect((await client.get(String(answer.headers['location']))).json).toEqual(answer.json);
  });

  it('hands the open order back for the same names: nothing is ordered twice', async () => {
    const first = await client.order(['a.fleet.test', 'b.fleet.test']);
    const again = await client.order(['b.fleet.test', 'a.fleet.test']);
    expect(again.status).toBe(201);
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(await harness.store.counts()).toMatchObject({ orders: 1 });
    const other = await harness.client();
    expect((await other.order(['a.fleet.test', 'b.fleet.test'])).headers['location']).not.toBe(
      first.headers['location'],
    );
  });

  it.each<[string, unknown]>([
    ['none', undefined],
    ['an empty list', []],
    ['no list', 'a.fleet.test'],
    ['an entry without a type', [{ value: 'a.fleet.test' }]],
    ['an entry without a value', [{ type: 'dns' }]],
    ['an empty value', [{ type: 'dns', value: '' }]],
    ['null', [null]],
  ])('refuses %s for identifiers', async (_, identifiers) => {
    const answer = await client.post('/acme/new-order', { identifiers });
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}malformed` } });
  });

  it('refuses identifiers of another type', async () => {
    const answer = await client.post('/acme/new-order', { identifiers: [{ type: 'ip', value: '10.0.0.1' }] });
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}unsupportedIdentifier` } });
  });

  it('refuses a wrong name in Boulder’s words', async () => {
    const answer = await client.order(['localhost']);
    expect(answer).toMatchObject({
      status: 400,
      json: {
        type: `${ERROR}rejectedIdentifier`,
        detail: 'Invalid identifiers requested :: Cannot issue for "localhost": Domain name needs at least one dot',
      },
    });
  });

  it('names each of several wrong names in a subproblem', async () => {
    const { json } = await client.order(['good.fleet.test', 'under_score.test', 'localhost']);
    expect(json).toMatchObject({
      type: `${ERROR}rejectedIdentifier`,
      detail:
        'Invalid identifiers requested :: Cannot issue for "localhost": Domain name needs at least one dot (and 1 more problems. Refer to sub-problems for more information.)',
      subproblems: [
        { type: `${ERROR}malformed`, identifier: { type: 'dns', value: 'localhost' } },
        {
          type: `${ERROR}malformed`,
          detail: 'Domain name contains an invalid character',
          identifier: { type: 'dns', value: 'under_score.test' },
        },
      ],
    });
  });

  it.each(['notBefore', 'notAfter'])('refuses %s', async (member) => {
    const answer = await client.order(['a.fleet.test'], { [member]: NOW });
    expect(answer).toMatchObject({ status: 400, json: { detail: 'NotBefore and NotAfter are not supported' } });
  });

  it('takes a profile, with its own limits', async () => {
    const answer = await client.order(['a.fleet.test'], { profile: 'shortlived' });
    expect(answer).toMatchObject({ status: 201, json: { profile: 'shortlived', expires: isoAfter(3600) } });
    const names = Array.from({ length: 26 }, (_, index) => `n${index}.fleet.test`);
    expect(await client.order(names, { profile: 'tlsserver' })).toMatchObject({
      status: 400,
      json: { type: `${ERROR}malformed`, detail: expect.stringContaining('more than 25') as string },
    });
    expect((await client.order(names)).status).toBe(201);
  });

  it.each(['unknown', '__proto__', 'constructor', 7])('refuses the profile %s', async (profile) => {
    expect(await client.order(['a.fleet.test'], { profile })).toMatchObject({
      status: 400,
      json: { type: `${ERROR}invalidProfile` },
    });
  });

  it('refuses more than 100 names', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `n${index}.fleet.test`);
    expect(await client.order(names)).toMatchObject({ status: 400, json: { type: `${ERROR}malformed` } });
  });

  it('asks the policy: some names are refused, some need no proof', async () => {
    const policy: AccountPolicy = {
      externalAccountRequired: false,
      externalAccountKey: async () => undefined,
      decide: async (_account, identifiers) =>
        identifiers.map((name) =>
          name.startsWith('no')
            ? { kind: 'refused', detail: 'not yours' }
            : { kind: name.startsWith('my') ? 'granted' : 'challenge' },
        ),
    };
    harness = await Harness.start({ policy });
    client = await harness.client();
    expect(await client.order(['no.fleet.test'])).toMatchObject({
      json: {
        type: `${ERROR}rejectedIdentifier`,
        detail: 'Error creating new order :: Cannot issue for "no.fleet.test": not yours',
      },
    });
    expect((await client.order(['my.fleet.test'])).json['status']).toBe('ready');
    expect((await client.order(['my.fleet.test', 'other.fleet.test'])).json['status']).toBe('pending');
  });
});

describe('an order', () => {
  it('is none of another account’s business: 404', async () => {
    const order = await client.order(['a.fleet.test']);
    const other = await harness.client();
    expect((await other.get(String(order.headers['location']))).status).toBe(404);
    expect((await other.finalize(order, Buffer.from('csr'))).status).toBe(404);
  });

  it('is read with an empty payload only', async () => {
    const order = await client.order(['a.fleet.test']);
    expect(await client.post(String(order.headers['location']), {})).toMatchObject({
      status: 400,
      json: { detail: 'POST-as-GET requests must have an empty payload' },
    });
  });

  it('becomes ready when all its authorizations are valid', async () => {
    const order = await client.order(['a.fleet.test', 'b.fleet.test']);
    await client.solve(order, settle);
    expect((await client.get(String(order.headers['location']))).json['status']).toBe('ready');
  });

  it('becomes invalid with the error of its failed authorization', async () => {
    harness.validator.fail('a.fleet.test');
    const order = await client.order(['a.fleet.test', 'b.fleet.test']);
    await client.solve(order, settle);
    expect((await client.get(String(order.headers['location']))).json).toMatchObject({
      status: 'invalid',
      error: { type: `${ERROR}dns`, detail: 'no TXT for a.fleet.test', status: 400 },
    });
  });

  it('shows the errors of several failed authorizations as subproblems', async () => {
    harness.validator.fail('a.fleet.test');
    harness.validator.fail('*.a.fleet.test');
    const order = await client.order(['a.fleet.test', '*.a.fleet.test']);
    await client.solve(order, settle);
    const { json } = await client.get(String(order.headers['location']));
    expect(json['error']).toMatchObject({
      type: `${ERROR}compound`,
      subproblems: [
        { type: `${ERROR}dns`, identifier: { type: 'dns', value: '*.a.fleet.test' } },
        { type: `${ERROR}dns`, identifier: { type: 'dns', value: 'a.fleet.test' } },
      ],
    });
  });

  it('becomes invalid when it expires', async () => {
    const order = await client.order(['a.fleet.test']);
    harness.clock.advanceSeconds(7 * DAY);
    expect((await client.get(String(order.headers['location']))).json['status']).toBe('invalid');
  });

  it('ends no later than an authorization that it uses again', async () => {
    await client.issue(['a.fleet.test'], settle);
    harness.clock.advanceSeconds(3600);
    const order = await client.order(['a.fleet.test']);
    expect(order.json).toMatchObject({ status: 'ready', expires: isoAfter(7 * 3600) });
  });
});

describe('authorization', () => {
  it('has one dns-01 challenge with a token of enough entropy', async () => {
    const url = await authorizationUrl('a.fleet.test');
    const { status, json } = await client.get(url);
    expect(status).toBe(200);
    expect(json).toEqual({
      identifier: { type: 'dns', value: 'a.fleet.test' },
      status: 'pending',
      expires: isoAfter(7 * DAY),
      challenges: [
        {
          type: 'dns-01',
          url: expect.stringMatching(/^https:\/\/ca\.test\/acme\/chall\//) as string,
          status: 'pending',
          token: expect.stringMatching(/^[A-Za-z0-9_-]{43,}$/) as string,
        },
      ],
    });
  });

  it('of a wildcard shows the name without the asterisk, and says so', async () => {
    const { json } = await client.get(await authorizationUrl('*.a.fleet.test'));
    expect(json).toMatchObject({ identifier: { value: 'a.fleet.test' }, wildcard: true });
  });

  it('becomes valid with its challenge, and lasts for its time of reuse', async () => {
    const url = await authorizationUrl('a.fleet.test');
    const [challenge] = (await client.get(url)).json['challenges'] as { url: string; token: string }[];
    const release = harness.validator.hold();
    const response = await client.post(challenge?.url ?? '', {});
    expect(response).toMatchObject({ status: 200, json: { status: 'processing' }, headers: { 'retry-after': '1' } });
    expect(response.headers['link']).toContain(`<${url}>;rel="up"`);
    expect(await client.get(url)).toMatchObject({ json: { status: 'pending' }, headers: { 'retry-after': '1' } });
    release();
    await settle();
    expect((await client.get(url)).json).toMatchObject({
      status: 'valid',
      expires: isoAfter(7 * 3600),
      challenges: [{ status: 'valid', validated: isoAfter(0) }],
    });
    expect((await client.get(challenge?.url ?? '')).json['status']).toBe('valid');
  });

  it('is validated with the digest of token and account key', async () => {
    const url = await authorizationUrl('*.a.fleet.test');
    const [challenge] = (await client.get(url)).json['challenges'] as { url: string; token: string }[];
    await client.post(challenge?.url ?? '', {});
    await settle();
    const keyAuthorization = `${challenge?.token ?? ''}.${client.thumbprint}`;
    expect(harness.validator.seen).toEqual([
      {
        identifier: '*.a.fleet.test',
        txtValue: createHash('sha256').update(keyAuthorization).digest('base64url'),
        accountUrl: client.accountUrl,
      },
    ]);
  });

  it('is dead after one failed validation', async () => {
    harness.validator.fail('a.fleet.test');
    const url = await authorizationUrl('a.fleet.test');
    const [challenge] = (await client.get(url)).json['challenges'] as { url: string }[];
    await client.post(challenge?.url ?? '', {});
    await settle();
    expect((await client.get(url)).json).toMatchObject({
      status: 'invalid',
      challenges: [{ status: 'invalid', error: { type: `${ERROR}dns`, detail: 'no TXT for a.fleet.test' } }],
    });
    harness.validator.outcomes.clear();
    expect(await client.post(challenge?.url ?? '', {})).toMatchObject({ status: 400 });
    expect(harness.validator.seen).toHaveLength(1);
  });

  it('is validated once, however often the client says that it is ready', async () => {
    const url = await authorizationUrl('a.fleet.test');
    const [challenge] = (await client.get(url)).json['challenges'] as { url: string }[];
    const release = harness.validator.hold();
    for (let round = 0; round < 3; round += 1) await client.post(challenge?.url ?? '', {});
    release();
    await settle();
    expect((await client.post(challenge?.url ?? '', {})).json['status']).toBe('valid');
    expect(harness.validator.seen).toHaveLength(1);
  });

  it('is validated by somebody else when the process that began it is gone', async () => {
    const url = await authorizationUrl('a.fleet.test');
    await harness.store.authorizations.claimValidation(url.slice(url.lastIndexOf('/') + 1), harness.clock.now(), 60);
    harness.clock.advanceSeconds(59);
    await client.get(url);
    await settle();
    expect(harness.validator.seen).toHaveLength(0);
    harness.clock.advanceSeconds(1);
    await client.get(url);
    await settle();
    expect((await client.get(url)).json['status']).toBe('valid');
  });

  it('is used again for later orders while it is valid', async () => {
    await client.issue(['a.fleet.test'], settle);
    const order = await client.order(['a.fleet.test', '*.a.fleet.test']);
    const statuses = await Promise.all(
      (order.json['authorizations'] as string[]).map(async (url) => (await client.get(url)).json['status']),
    );
    expect(statuses).toEqual(['pending', 'valid']);
    const other = await harness.client();
    expect((await other.order(['a.fleet.test'])).json['status']).toBe('pending');
    harness.clock.advanceSeconds(7 * 3600);
    expect((await client.order(['a.fleet.test'])).json['status']).toBe('pending');
  });

  it('can be deactivated, which ends the orders that need it', async () => {
    const order = await client.order(['a.fleet.test']);
    const url = (order.json['authorizations'] as string[])[0] ?? '';
    expect(await client.post(url, { status: 'valid' })).toMatchObject({ status: 400 });
    expect(await client.post(url, { status: 'deactivated' })).toMatchObject({
      status: 200,
      json: { status: 'deactivated', challenges: [{ status: 'invalid' }] },
    });
    expect((await client.get(String(order.headers['location']))).json['status']).toBe('invalid');
    expect(await client.post(url, { status: 'deactivated' })).toMatchObject({ status: 400 });
  });

  it('is not used again once it is deactivated', async () => {
    const { orderUrl } = await client.issue(['a.fleet.test'], settle);
    const [url] = (await client.get(orderUrl)).json['authorizations'] as string[];
    await client.post(url ?? '', { status: 'deactivated' });
    expect((await client.order(['a.fleet.test'])).json['status']).toBe('pending');
    expect((await client.get(orderUrl)).json['status']).toBe('valid');
  });

  it('is none of another account’s business', async () => {
    const url = await authorizationUrl('a.fleet.test');
    const other = await harness.client();
    for (const path of [url, url.replace('/authz/', '/chall/')]) {
      expect(await other.get(path)).toMatchObject({ status: 403, json: { type: `${ERROR}unauthorized` } });
      expect(await other.post(path, {})).toMatchObject({ status: 403 });
    }
    expect((await client.get(`${url}x`)).status).toBe(404);
  });

  it('expires', async () => {
    const { orderUrl } = await client.issue(['a.fleet.test'], settle);
    const [valid] = (await client.get(orderUrl)).json['authorizations'] as string[];
    const pending = await authorizationUrl('b.fleet.test');
    harness.clock.advanceSeconds(7 * DAY);
    expect((await client.get(valid ?? '')).json).toMatchObject({
      status: 'expired',
      challenges: [{ status: 'valid' }],
    });
    expect((await client.get(pending)).json).toMatchObject({ status: 'invalid', challenges: [{ status: 'invalid' }] });
  });
});

describe('the list of orders', () => {
  it('comes in pages, without those that came to nothing', async () => {
    harness = await Harness.start({ settings: { ordersPageSize: 2 } });
    client = await harness.client();
    const urls: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      urls.push(String((await client.order([`${name}.fleet.test`])).headers['location']));
    }
    await harness.store.orders.fail(urls[2]?.slice(urls[2].lastIndexOf('/') + 1) ?? '', { type: 'dns', detail: '' });

    const seen: string[][] = [];
    let next: string | undefined = `${client.accountUrl}/orders`;
    while (next !== undefined) {
      const page = await client.get(next);
      expect(page.status).toBe(200);
      seen.push(page.json['orders'] as string[]);
      next = /<([^>]+)>;rel="next"/.exec([page.headers['link']].flat().join())?.[1];
    }
    expect(seen).toEqual([[urls[0], urls[1]], [urls[3]], [urls[4]]]);
  });

  it('is none of another account’s business', async () => {
    const other = await harness.client();
    expect((await other.get(`${client.accountUrl}/orders`)).status).toBe(403);
    expect((await client.get(`${client.accountUrl}/orders?cursor=x`)).status).toBe(404);
  });
});
