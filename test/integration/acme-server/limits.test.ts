import { beforeEach, describe, expect, it } from 'vitest';

import type { AcmeServerSettings } from '../../../src/acme-server/protocol/options.js';
import { MemoryAcmeStore } from '../../../src/acme-server/store/memory/memory-acme-store.js';
import { Harness } from './support/harness.js';
import { thumbprint, type TestAnswer, type TestClient } from './support/test-client.js';

const RATE_LIMITED = 'urn:ietf:params:acme:error:rateLimited';
const HOUR = 3600;
const DAY = 24 * HOUR;

let harness: Harness;
let client: TestClient;
const settle = (): Promise<void> => harness.server.idle();

async function start(limits: AcmeServerSettings['limits'], more: AcmeServerSettings = {}): Promise<void> {
  // jitter 0: the sentences are those of the docstring's arithmetic.
  harness = await Harness.start({ settings: { limits, ...more }, random: () => 0 });
  client = await harness.client();
}

async function failValidation(name: string): Promise<TestAnswer> {
  harness.validator.fail(name);
  const order = await client.order([name]);
  if (order.status === 201) await client.solve(order, settle);
  return order;
}

/** The ARI identifier of the account's first certificate. */
async function firstCertId(): Promise<string> {
  const [first] = await harness.store.orders.list(client.accountUrl.split('/').at(-1) ?? '', 0, 1);
  return (await harness.store.certificates.find(first?.order.certificateId ?? ''))?.certId ?? '';
}

describe('new orders per account', () => {
  beforeEach(() => start({ newOrdersPerAccount: { burst: 2, count: 2, periodSeconds: 3 * HOUR } }));

  it('refuses in the words of the real CA, with Retry-After and the page that names the limit', async () => {
    await client.order(['a.fleet.test']);
    await client.order(['b.fleet.test']);
    const answer = await client.order(['c.fleet.test']);
    expect(answer).toMatchObject({
      status: 429,
      json: {
        type: RATE_LIMITED,
        status: 429,
        detail:
          'too many new orders (2) from this account in the last 3h0m0s, retry after 2026-03-01 13:30:00 UTC: see https://letsencrypt.org/docs/rate-limits/#new-orders-per-account',
      },
      headers: { 'retry-after': String(1.5 * HOUR) },
    });
    expect(answer.headers['link']).toContain('<https://letsencrypt.org/docs/rate-limits/>;rel="help"');
    expect(await harness.store.counts()).toMatchObject({ orders: 2 });
  });

  it('lets one more pass at the very time that was named, and each account has its own', async () => {
    await client.order(['a.fleet.test']);
    await client.order(['b.fleet.test']);
    expect((await (await harness.client()).order(['c.fleet.test'])).status).toBe(201);
    harness.clock.advanceSeconds(1.5 * HOUR - 1);
    expect((await client.order(['c.fleet.test'])).status).toBe(429);
    harness.clock.advanceSeconds(1);
    expect((await client.order(['c.fleet.test'])).status).toBe(201);
    expect((await client.order(['d.fleet.test'])).status).toBe(429);
  });

  it('is not spent by an order that is refused for another reason', async () => {
    for (let round = 0; round < 3; round += 1) await client.order(['localhost']);
    expect((await client.order(['a.fleet.test'])).status).toBe(201);
    expect((await client.order(['b.fleet.test'])).status).toBe(201);
  });
});

describe('certificates per registered domain', () => {
  beforeEach(() => start({ certificatesPerDomain: { burst: 2, count: 2, periodSeconds: 7 * DAY } }));

  it('counts what was issued, for all accounts together', async () => {
    await client.issue(['a.fleet.test', 'b.fleet.test'], settle);
    const other = await harness.client();
    await other.issue(['c.fleet.test'], settle);
    expect(await client.order(['d.fleet.test'])).toMatchObject({
      status: 429,
      json: {
        detail:
          'too many certificates (2) already issued for "fleet.test" in the last 168h0m0s, retry after 2026-03-05 00:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/#new-certificates-per-registered-domain',
      },
    });
    expect((await client.order(['a.other.test'])).status).toBe(201);
  });

  it('is only checked by newOrder: orders that come to nothing cost nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      expect((await client.order([`n${round}.fleet.test`])).status).toBe(201);
    }
  });

  it('does not count a renewal of the same names, nor hold it up', async () => {
    await client.issue(['a.fleet.test'], settle);
    await client.issue(['b.fleet.test'], settle);
    await client.issue(['a.fleet.test'], settle);
    harness.clock.advanceSeconds(3.5 * DAY);
    expect((await client.order(['c.fleet.test'])).status).toBe(201);
  });

  it('takes names of a certificate of more than 120 days ago for new ones', async () => {
    await client.issue(['old.fleet.test'], settle);
    harness.clock.advanceSeconds(120 * DAY);
    await client.issue(['a.fleet.test'], settle);
    await client.issue(['b.fleet.test'], settle);
    expect((await client.order(['old.fleet.test'])).status).toBe(429);
  });

  it('can be overridden for one domain', async () => {
    await start(
      { certificatesPerDomain: { burst: 1, count: 1, periodSeconds: 7 * DAY } },
      { limitOverrides: { certificatesPerDomain: { 'fleet.test': 'off' } } },
    );
    for (const name of ['a.fleet.test', 'b.fleet.test', 'a.other.test']) await client.issue([name], settle);
    expect((await client.order(['c.fleet.test'])).status).toBe(201);
    expect((await client.order(['b.other.test'])).status).toBe(429);
  });
});

describe('certificates per exact set of names', () => {
  beforeEach(() => start({ certificatesPerExactSet: { burst: 1, count: 1, periodSeconds: 7 * DAY } }));

  it('counts every certificate for the set', async () => {
    await client.issue(['a.fleet.test', 'b.fleet.test'], settle);
    expect(await client.order(['b.fleet.test', 'a.fleet.test'])).toMatchObject({
      status: 429,
      json: {
        detail:
          'too many certificates (1) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-03-08 12:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set-of-identifiers',
      },
    });
    expect((await client.order(['a.fleet.test'])).status).toBe(201);
  });
});

describe('a renewal by ARI', () => {
  beforeEach(async () => {
    await start({
      newOrdersPerAccount: { burst: 1, count: 1, periodSeconds: 1000 * DAY },
      certificatesPerDomain: { burst: 1, count: 1, periodSeconds: 1000 * DAY },
      certificatesPerExactSet: { burst: 1, count: 1, periodSeconds: 1000 * DAY },
    });
    await client.issue(['a.fleet.test'], settle);
  });

  it('inside the window passes every limit, and still counts for its exact set', async () => {
    const replaces = await firstCertId();
    harness.clock.advanceSeconds(60 * DAY);
    const { orderUrl } = await client.issue(['a.fleet.test', 'b.fleet.test'], settle, { replaces });
    expect((await client.get(orderUrl)).json['replaces']).toBe(replaces);
    expect(await client.order(['a.fleet.test', 'b.fleet.test'])).toMatchObject({
      json: { detail: expect.stringContaining('this exact set of identifiers') as string },
    });
  });

  it('outside the window is limited like any other order', async () => {
    const replaces = await firstCertId();
    expect(await client.order(['a.fleet.test', 'b.fleet.test'], { replaces })).toMatchObject({ status: 429 });
  });
});

describe('failed authorizations', () => {
  it('hold further orders for the name up, for this account', async () => {
    await start({ failedAuthorizations: { burst: 2, count: 2, periodSeconds: HOUR } });
    expect((await failValidation('a.fleet.test')).status).toBe(201);
    expect((await failValidation('a.fleet.test')).status).toBe(201);
    expect(await client.order(['b.fleet.test', 'a.fleet.test'])).toMatchObject({
      status: 429,
      json: {
        detail:
          'too many failed authorizations (2) for "a.fleet.test" in the last 1h0m0s, retry after 2026-03-01 12:30:00 UTC: see https://letsencrypt.org/docs/rate-limits/#authorization-failures-per-identifier-per-account',
      },
      headers: { 'retry-after': '1800' },
    });
    expect((await client.order(['b.fleet.test'])).status).toBe(201);
    expect((await (await harness.client()).order(['a.fleet.test'])).status).toBe(201);
    harness.clock.advanceSeconds(1800);
    expect((await client.order(['a.fleet.test'])).status).toBe(201);
  });

  it('in a row pause the name, without Retry-After, until an operator ends it', async () => {
    await start({
      failedAuthorizations: 'off',
      consecutiveFailedAuthorizations: { burst: 2, count: 1, periodSeconds: DAY },
    });
    for (let round = 0; round < 3; round += 1) expect((await failValidation('a.fleet.test')).status).toBe(201);
    const paused = await client.order(['a.fleet.test', 'b.fleet.test']);
    expect(paused).toMatchObject({
      status: 429,
      json: {
        type: RATE_LIMITED,
        detail: expect.stringMatching(
          /^Your account is temporarily prevented from requesting certificates for a\.fleet\.test and possibly others\./,
        ) as string,
      },
    });
    expect(paused.headers['retry-after']).toBeUndefined();
    harness.clock.advanceSeconds(1000 * DAY);
    expect((await client.order(['a.fleet.test'])).status).toBe(429);
    expect((await client.order(['b.fleet.test'])).status).toBe(201);
    await harness.store.limits.unpause(client.accountUrl.split('/').at(-1) ?? '');
    expect((await client.order(['a.fleet.test'])).status).toBe(201);
  });

  it('in a row are forgotten after a success', async () => {
    await start({
      failedAuthorizations: 'off',
      consecutiveFailedAuthorizations: { burst: 2, count: 1, periodSeconds: DAY },
    });
    for (let round = 0; round < 5; round += 1) {
      await failValidation('a.fleet.test');
      await failValidation('a.fleet.test');
      harness.validator.outcomes.clear();
      await client.solve(await client.order(['a.fleet.test']), settle);
      const [authorization] = (await client.order(['a.fleet.test'])).json['authorizations'] as string[];
      await client.post(authorization ?? '', { status: 'deactivated' });
    }
    expect((await client.order(['a.fleet.test'])).status).toBe(201);
  });
});

it('are kept in the store: another server on the same store goes on with them', async () => {
  const store = new MemoryAcmeStore();
  const settings = { limits: { newOrdersPerAccount: { burst: 1, count: 1, periodSeconds: DAY } } } as const;
  harness = await Harness.start({ store, settings });
  client = await harness.client();
  await client.order(['a.fleet.test']);
  harness = await Harness.start({ store, settings });
  const again = await harness.newClient();
  again.key = client.key;
  await again.register();
  expect(again.accountUrl).toBe(client.accountUrl);
  expect(thumbprint(again.key.jwk)).toBe(client.thumbprint);
  expect((await again.order(['b.fleet.test'])).status).toBe(429);
});

it('refill as many times as fast as is wanted', async () => {
  await start({ newOrdersPerAccount: { burst: 1, count: 1, periodSeconds: DAY } }, { limitSpeedUp: 1000 });
  await client.order(['a.fleet.test']);
  expect(await client.order(['b.fleet.test'])).toMatchObject({
    headers: { 'retry-after': '87' },
    json: { detail: expect.stringContaining('in the last 1m26.4s') as string },
  });
});

it('can all be off', async () => {
  await start('off');
  for (let round = 0; round < 310; round += 1) {
    expect((await client.order([`n${round}.fleet.test`])).status).toBe(201);
  }
});
