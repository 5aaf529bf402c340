import { beforeEach, describe, expect, it } from 'vitest';

import { addSeconds } from '../../../src/kernel/clock.js';
import type { Account } from '../../../src/acme-server/domain/account.js';
import type { Authorization } from '../../../src/acme-server/domain/authorization.js';
import type { IssuedCertificate } from '../../../src/acme-server/domain/certificate.js';
import { nameSetHash } from '../../../src/acme-server/domain/identifier.js';
import { orderStatus } from '../../../src/acme-server/domain/order.js';
import type { Problem } from '../../../src/acme-server/domain/problem.js';
import type { AcmeStore, NewOrder, OrderCreation } from '../../../src/acme-server/ports/acme-store.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const HOUR = 3600;
const PROBLEM: Problem = { type: 'dns', detail: 'no such name' };

let lastId = 0;
function id(prefix: string): string {
  lastId += 1;
  return `${prefix}${lastId}`;
}

function anAccount(patch: Partial<Account> = {}): Account {
  const name = id('account');
  return {
    id: name,
    status: 'valid',
    jwk: { crv: 'P-256', kty: 'EC', x: name, y: 'y' },
    thumbprint: `thumbprint of ${name}`,
    contacts: [],
    createdAt: NOW,
    ...patch,
  };
}

function anAuthorization(account: Account, patch: Partial<Authorization> = {}): Authorization {
  return {
    id: id('authorization'),
    accountId: account.id,
    identifier: 'a.example',
    status: 'pending',
    expiresAt: addSeconds(NOW, HOUR),
    validSeconds: 7 * HOUR,
    challenge: { token: 'token', status: 'pending' },
    ...patch,
  };
}

function anOrder(account: Account, authorizations: readonly Authorization[], patch: Partial<NewOrder> = {}): NewOrder {
  return {
    id: id('order'),
    accountId: account.id,
    names: ['a.example'],
    profile: 'classic',
    exemption: 'none',
    createdAt: NOW,
    expiresAt: addSeconds(NOW, HOUR),
    authorizationIds: authorizations.map((authorization) => authorization.id),
    ...patch,
  };
}

function aCertificate(order: NewOrder, patch: Partial<IssuedCertificate> = {}): IssuedCertificate {
  const serial = id('c0ffee');
  return {
    id: serial,
    certId: `aki.${serial}`,
    orderId: order.id,
    accountId: order.accountId,
    names: order.names,
    der: Uint8Array.from([0x30, 0x00, 0xff]),
    issuerChains: ['chain one\n', 'chain two\n'],
    notBefore: NOW,
    notAfter: addSeconds(NOW, 90 * 24 * HOUR),
    issuedAt: NOW,
    keyHash: 'a key',
    ...patch,
  };
}

/** What both twins of the store have to do. `open` gives a store that shares nothing with those before. */
export function describeAcmeStore(open: () => AcmeStore): void {
  let store: AcmeStore;
  let account: Account;

  beforeEach(async () => {
    store = open();
    account = (await store.accounts.create(anAccount())).account;
  });

  async function create(patch: Partial<NewOrder> = {}, by = account): Promise<OrderCreation> {
    const authorizations = (patch.names ?? ['a.example']).map((identifier) => anAuthorization(by, { identifier }));
    return store.orders.create(anOrder(by, authorizations, patch), authorizations, NOW);
  }

  async function created(patch: Partial<NewOrder> = {}): Promise<Extract<OrderCreation, { order: unknown }>['order']> {
    const creation = await create(patch);
    if (creation.kind !== 'created') throw new Error(`expected a new order, got ${creation.kind}`);
    return creation.order;
  }

  async function issued(patch: Partial<IssuedCertificate> = {}): Promise<IssuedCertificate> {
    const { order } = await created({ names: [`${id('n')}.example`] });
    await store.orders.finalize(order.id, Uint8Array.from([1]));
    const certificate = aCertificate(order, patch);
    expect(await store.orders.complete(order.id, certificate)).toBe(true);
    return certificate;
  }

  async function anAuthorizationId(patch: Partial<NewOrder> = {}): Promise<string> {
    return (await created(patch)).authorizations[0]?.id ?? '';
  }

  function spendOne(key: string): Promise<unknown> {
    return store.limits.spend([key], (tats) => ({ spent: new Map([[key, (tats.get(key) ?? 0) + 0.5]]) }));
  }

  async function tatsOf(...keys: string[]): Promise<ReadonlyMap<string, number>> {
    let seen: ReadonlyMap<string, number> = new Map();
    await store.limits.spend(keys, (tats) => {
      seen = tats;
      return { spent: new Map() };
    });
    return seen;
  }

  describe('accounts', () => {
    it('are found by id and by key, whole', async () => {
      const bound = anAccount({
        contacts: ['mailto:ops@fleet.test', 'mailto:two@fleet.test'],
        externalAccount: { kid: 'kid', binding: { protected: 'p', payload: 'y', signature: 's' } },
      });
      expect(await store.accounts.create(bound)).toEqual({ account: bound, created: true });
      expect(await store.accounts.find(bound.id)).toEqual(bound);
      expect(await store.accounts.findByThumbprint(bound.thumbprint)).toEqual(bound);
      expect(await store.accounts.find('nobody')).toBeUndefined();
    });

    it('exist once a key, also when two ask at the same time', async () => {
      const twins = [anAccount({ thumbprint: 'shared' }), anAccount({ thumbprint: 'shared' })];
      const results = await Promise.all(twins.map((twin) => store.accounts.create(twin)));
      expect(results.filter((result) => result.created)).toHaveLength(1);
      expect(new Set(results.map((result) => result.account.id)).size).toBe(1);
    });

    it('change their contacts', async () => {
      await store.accounts.setContacts(account.id, ['mailto:new@fleet.test']);
      expect((await store.accounts.find(account.id))?.contacts).toEqual(['mailto:new@fleet.test']);
    });

    it('change their key when it is still the expected one', async () => {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'new' };
      const change = { expectedThumbprint: account.thumbprint, jwk, thumbprint: 'new' };
      expect(await store.accounts.changeKey(account.id, change)).toBe('changed');
      expect(await store.accounts.findByThumbprint('new')).toEqual({ ...account, jwk, thumbprint: 'new' });
      expect(await store.accounts.changeKey(account.id, { ...change, thumbprint: 'newer' })).toBe('stale');
    });

    it('do not take over the key of another account', async () => {
      const { account: other } = await store.accounts.create(anAccount());
      const change = { expectedThumbprint: account.thumbprint, jwk: other.jwk, thumbprint: other.thumbprint };
      expect(await store.accounts.changeKey(account.id, change)).toEqual({ conflictingAccountId: other.id });
    });

    it('of two that want one key, one gets it', async () => {
      const { account: other } = await store.accounts.create(anAccount());
      const results = await Promise.all(
        [account, other].map(({ id: accountId, thumbprint }) =>
          store.accounts.changeKey(accountId, {
            expectedThumbprint: thumbprint,
            jwk: { kty: 'OKP', crv: 'Ed25519', x: 'wanted' },
            thumbprint: 'wanted',
          }),
        ),
      );
      expect(results.filter((result) => result === 'changed')).toHaveLength(1);
      expect(results.filter((result) => typeof result === 'object')).toHaveLength(1);
    });

    it('take their open authorizations with them when they are deactivated', async () => {
      const { order, authorizations } = await created();
      await store.accounts.deactivate(account.id);
      expect((await store.accounts.find(account.id))?.status).toBe('deactivated');
      expect((await store.authorizations.find(authorizations[0]?.id ?? ''))?.status).toBe('deactivated');
      const found = await store.orders.find(order.id);
      expect(found && orderStatus(found, NOW)).toBe('invalid');
    });
  });

  describe('orders', () => {
    it('are kept whole, with their authorizations in the order of the names', async () => {
      const names = ['b.example', 'a.example', '*.a.example'];
      const view = await created({ names, replaces: 'aki.serial', exemption: 'ari', profile: 'shortlived' });
      expect(view.order).toMatchObject({ names, replaces: 'aki.serial', exemption: 'ari', profile: 'shortlived' });
      expect(view.authorizations.map(({ identifier }) => identifier)).toEqual(names);
      expect(await store.orders.find(view.order.id)).toEqual(view);
      expect(await store.orders.find('nothing')).toBeUndefined();
    });

    it('hands the open order back for the same names and profile', async () => {
      const { order } = await created();
      const again = await create();
      expect(again).toMatchObject({ kind: 'reused', order: { order: { id: order.id } } });
      expect(await store.counts()).toMatchObject({ orders: 1 });
    });

    it('hands one order back to two that ask for the same at once', async () => {
      const results = await Promise.all([create(), create(), create()]);
      expect(results.map(({ kind }) => kind).toSorted()).toEqual(['created', 'reused', 'reused']);
    });

    it.each<[string, Partial<NewOrder>]>([
      ['other names', { names: ['a.example', 'b.example'] }],
      ['another profile', { profile: 'shortlived' }],
      ['a predecessor', { replaces: 'aki.serial' }],
    ])('makes a new order for %s', async (_, patch) => {
      await created();
      expect((await create(patch)).kind).toBe('created');
    });

    it('makes a new order for another account', async () => {
      await created();
      const { account: other } = await store.accounts.create(anAccount());
      expect((await create({}, other)).kind).toBe('created');
    });

    it('makes a new order once the earlier one is finalized, failed or expired', async () => {
      const { order: finalized } = await created();
      await store.orders.finalize(finalized.id, Uint8Array.from([1]));
      const { order: failed } = await created();
      await store.orders.fail(failed.id, PROBLEM);
      await created({ expiresAt: NOW });
      expect((await create()).kind).toBe('created');
    });

    it('hands an order with a predecessor back to one that names the same or none', async () => {
      const { order } = await created({ replaces: 'aki.serial' });
      expect(await create({ replaces: 'aki.serial' })).toMatchObject({
        kind: 'reused',
        order: { order: { id: order.id } },
      });
      expect(await create()).toMatchObject({ kind: 'reused', order: { order: { id: order.id } } });
    });

    it('refuses a predecessor that a living order of other names replaces', async () => {
      await created({ replaces: 'aki.serial' });
      expect(await create({ names: ['b.example'], replaces: 'aki.serial' })).toEqual({ kind: 'already-replaced' });
    });

    it('refuses a predecessor whose replacement was issued', async () => {
      const { order } = await created({ replaces: 'aki.serial' });
      await store.orders.finalize(order.id, Uint8Array.from([1]));
      await store.orders.complete(order.id, aCertificate(order));
      expect(await create({ replaces: 'aki.serial' })).toEqual({ kind: 'already-replaced' });
    });

    it('frees a predecessor when its replacement comes to nothing', async () => {
      const { order } = await created({ replaces: 'aki.serial' });
      await store.orders.fail(order.id, PROBLEM);
      expect((await create({ replaces: 'aki.serial' })).kind).toBe('created');
    });

    it('keeps nothing of an order that is refused', async () => {
      await created({ replaces: 'aki.serial' });
      const authorization = anAuthorization(account);
      await store.orders.create(
        anOrder(account, [authorization], { names: ['b.example'], replaces: 'aki.serial' }),
        [authorization],
        NOW,
      );
      expect(await store.authorizations.find(authorization.id)).toBeUndefined();
    });

    it('lists an account’s orders by rising sequence, in pages', async () => {
      const ids: string[] = [];
      for (const names of [['a.example'], ['b.example'], ['c.example']]) ids.push((await created({ names })).order.id);
      const first = await store.orders.list(account.id, 0, 2);
      expect(first.map(({ order }) => order.id)).toEqual(ids.slice(0, 2));
      const next = await store.orders.list(account.id, first[1]?.order.sequence ?? 0, 2);
      expect(next.map(({ order }) => order.id)).toEqual(ids.slice(2));
      expect(await store.orders.list('nobody', 0, 2)).toEqual([]);
    });

    it('are finalized once', async () => {
      const { order } = await created();
      expect(await store.orders.finalize(order.id, Uint8Array.from([1, 2]))).toBe(true);
      expect(await store.orders.finalize(order.id, Uint8Array.from([3]))).toBe(false);
      const found = await store.orders.find(order.id);
      expect(found?.order.csr).toEqual(Uint8Array.from([1, 2]));
      expect(found && orderStatus(found, NOW)).toBe('processing');
    });

    it('gives the right to sign to one at a time, and again when the lease is over or given back', async () => {
      const { order } = await created();
      expect(await store.orders.claimSigning(order.id, NOW, 60)).toBe(false);
      await store.orders.finalize(order.id, Uint8Array.from([1]));
      expect(await store.orders.claimSigning(order.id, NOW, 60)).toBe(true);
      expect(await store.orders.claimSigning(order.id, addSeconds(NOW, 59), 60)).toBe(false);
      expect(await store.orders.claimSigning(order.id, addSeconds(NOW, 60), 60)).toBe(true);
      await store.orders.releaseSigning(order.id);
      expect(await store.orders.claimSigning(order.id, addSeconds(NOW, 61), 60)).toBe(true);
    });

    it('end once: valid with one certificate, or invalid', async () => {
      const { order } = await created();
      await store.orders.finalize(order.id, Uint8Array.from([1]));
      const certificate = aCertificate(order);
      expect(await store.orders.complete(order.id, certificate)).toBe(true);
      expect(await store.orders.complete(order.id, aCertificate(order))).toBe(false);
      expect(await store.orders.fail(order.id, PROBLEM)).toBe(false);
      expect(await store.orders.claimSigning(order.id, NOW, 60)).toBe(false);
      expect((await store.orders.find(order.id))?.order.certificateId).toBe(certificate.id);
      expect(await store.counts()).toEqual({ accounts: 1, orders: 1, certificates: 1 });
    });

    it('that failed show their error and stay failed', async () => {
      const { order } = await created();
      expect(await store.orders.fail(order.id, PROBLEM)).toBe(true);
      expect((await store.orders.find(order.id))?.order.error).toEqual(PROBLEM);
      expect(await store.orders.finalize(order.id, Uint8Array.from([1]))).toBe(false);
      expect(await store.orders.complete(order.id, aCertificate(order))).toBe(false);
    });
  });

  describe('authorizations', () => {
    it('are validated by one at a time', async () => {
      const authorizationId = await anAuthorizationId();
      expect(await store.authorizations.claimValidation(authorizationId, NOW, 60)).toBe(true);
      expect((await store.authorizations.find(authorizationId))?.challenge.status).toBe('processing');
      expect(await store.authorizations.claimValidation(authorizationId, addSeconds(NOW, 59), 60)).toBe(false);
      expect(await store.authorizations.claimValidation(authorizationId, addSeconds(NOW, 60), 60)).toBe(true);
    });

    it('are not validated once they have expired', async () => {
      const authorizationId = await anAuthorizationId();
      expect(await store.authorizations.claimValidation(authorizationId, addSeconds(NOW, HOUR), 60)).toBe(false);
    });

    it('become valid for the time that they are good for', async () => {
      const authorizationId = await anAuthorizationId();
      await store.authorizations.claimValidation(authorizationId, NOW, 60);
      expect(await store.authorizations.finishValidation(authorizationId, { valid: true }, NOW)).toBe(true);
      expect(await store.authorizations.find(authorizationId)).toMatchObject({
        status: 'valid',
        expiresAt: addSeconds(NOW, 7 * HOUR),
        challenge: { status: 'valid', validatedAt: NOW },
      });
      expect(await store.authorizations.claimValidation(authorizationId, NOW, 60)).toBe(false);
    });

    it('become invalid with the reason, for good', async () => {
      const authorizationId = await anAuthorizationId();
      await store.authorizations.claimValidation(authorizationId, NOW, 60);
      await store.authorizations.finishValidation(authorizationId, { valid: false, problem: PROBLEM }, NOW);
      expect(await store.authorizations.find(authorizationId)).toMatchObject({
        status: 'invalid',
        challenge: { status: 'invalid', error: PROBLEM },
      });
      expect(await store.authorizations.finishValidation(authorizationId, { valid: true }, NOW)).toBe(false);
    });

    it('that were deactivated while they were validated stay so', async () => {
      const authorizationId = await anAuthorizationId();
      await store.authorizations.claimValidation(authorizationId, NOW, 60);
      expect(await store.authorizations.deactivate(authorizationId)).toBe(true);
      expect(await store.authorizations.finishValidation(authorizationId, { valid: true }, NOW)).toBe(false);
      expect(await store.authorizations.deactivate(authorizationId)).toBe(false);
      expect((await store.authorizations.find(authorizationId))?.status).toBe('deactivated');
    });

    it('are found while they are valid, the longest-lived for each identifier', async () => {
      for (const validatedAt of [addSeconds(NOW, -HOUR), NOW, addSeconds(NOW, -2 * HOUR)]) {
        const { order, authorizations } = await created();
        const authorizationId = authorizations[0]?.id ?? '';
        await store.authorizations.claimValidation(authorizationId, validatedAt, 60);
        await store.authorizations.finishValidation(authorizationId, { valid: true }, validatedAt);
        await store.orders.fail(order.id, PROBLEM);
      }
      const until = addSeconds(NOW, 60);
      const found = await store.authorizations.findValid(account.id, ['a.example', 'b.example'], until);
      expect(found.map(({ expiresAt }) => expiresAt)).toEqual([addSeconds(NOW, 7 * HOUR)]);
      expect(await store.authorizations.findValid(account.id, ['a.example'], addSeconds(NOW, 7 * HOUR))).toEqual([]);
      expect(await store.authorizations.findValid('nobody', ['a.example'], until)).toEqual([]);
    });
  });

  describe('certificates', () => {
    it('are kept whole, and found by serial and by ARI identifier', async () => {
      const certificate = await issued();
      expect(await store.certificates.find(certificate.id)).toEqual(certificate);
      expect(await store.certificates.findByCertId(certificate.certId)).toEqual(certificate);
      expect(await store.certificates.find('unknown')).toBeUndefined();
      expect(await store.certificates.findByCertId('aki.unknown')).toBeUndefined();
    });

    it('are remembered by their exact set of names', async () => {
      const { names } = await issued();
      const hash = nameSetHash(names);
      expect(await store.certificates.existsForNames(hash, addSeconds(NOW, -1))).toBe(true);
      expect(await store.certificates.existsForNames(hash, NOW)).toBe(false);
      expect(await store.certificates.existsForNames(nameSetHash(['other.example']), addSeconds(NOW, -1))).toBe(false);
    });

    it('are revoked once, but a compromised key may be reported later', async () => {
      const { id: serial } = await issued();
      expect(await store.certificates.revoke(serial, 4, NOW)).toBe(true);
      expect(await store.certificates.revoke(serial, 0, NOW)).toBe(false);
      expect((await store.certificates.find(serial))?.revoked).toEqual({ at: NOW, reason: 4 });
      const later = addSeconds(NOW, 60);
      expect(await store.certificates.revoke(serial, 1, later)).toBe(true);
      expect(await store.certificates.revoke(serial, 1, later)).toBe(false);
      expect((await store.certificates.find(serial))?.revoked).toEqual({ at: later, reason: 1 });
      expect(await store.certificates.revoke('unknown', 0, NOW)).toBe(false);
    });

    it('that are revoked are listed until they expire', async () => {
      const { id: serial, notAfter } = await issued();
      await issued();
      await store.certificates.revoke(serial, 0, NOW);
      expect((await store.certificates.listRevoked(NOW)).map((certificate) => certificate.id)).toEqual([serial]);
      expect(await store.certificates.listRevoked(notAfter)).toEqual([]);
    });

    it('take a renewal window, and give it up again', async () => {
      const certificate = await issued();
      const window = { start: NOW, end: addSeconds(NOW, 60), explanationUrl: 'https://ca.test/why' };
      await store.certificates.setRenewalWindow(certificate.id, window);
      expect((await store.certificates.find(certificate.id))?.renewalWindow).toEqual(window);
      await store.certificates.setRenewalWindow(certificate.id, undefined);
      expect(await store.certificates.find(certificate.id)).toEqual(certificate);
    });

    it('are not issued for blocked keys', async () => {
      expect(await store.certificates.isKeyBlocked('a key')).toBe(false);
      await store.certificates.blockKey('a key');
      await store.certificates.blockKey('a key');
      expect(await store.certificates.isKeyBlocked('a key')).toBe(true);
    });
  });

  describe('limits', () => {
    it('keeps the times of buckets, fractions and all', async () => {
      await store.limits.spend(['a', 'b'], () => ({ spent: new Map([['a', 1_772_366_400_000.25]]) }));
      expect(await tatsOf('a', 'b')).toEqual(new Map([['a', 1_772_366_400_000.25]]));
    });

    it('loses no spending when many come at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => spendOne('busy')));
      expect(await tatsOf('busy')).toEqual(new Map([['busy', 10]]));
    });

    it('does not stall when batches name the same buckets in different orders', async () => {
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          store.limits.spend(index % 2 ? ['x', 'y'] : ['y', 'x'], () => ({ spent: new Map([['x', 1]]) })),
        ),
      );
      expect((await tatsOf('x')).get('x')).toBe(1);
    });

    it('gives back what was spent, to buckets that exist', async () => {
      await spendOne('a');
      await store.limits.refund(['a', 'never'], (_, tat) => tat - 0.25);
      expect(await tatsOf('a', 'never')).toEqual(new Map([['a', 0.25]]));
    });

    it('fills buckets up again', async () => {
      await spendOne('a');
      await store.limits.reset(['a', 'never']);
      expect(await tatsOf('a')).toEqual(new Map());
    });

    it('pauses names for one account until they are unpaused', async () => {
      const { account: other } = await store.accounts.create(anAccount());
      await store.limits.pause(account.id, 'b.example', NOW);
      await store.limits.pause(account.id, 'b.example', NOW);
      expect(await store.limits.paused(account.id, ['a.example', 'b.example'])).toEqual(['b.example']);
      expect(await store.limits.paused(other.id, ['b.example'])).toEqual([]);
      expect(await store.limits.unpause(account.id)).toBe(1);
      expect(await store.limits.paused(account.id, ['b.example'])).toEqual([]);
      expect(await store.limits.unpause(account.id)).toBe(0);
    });
  });

  it('lets a nonce be used once, also when it comes twice at the same time', async () => {
    const expiresAt = addSeconds(NOW, HOUR);
    const results = await Promise.all([store.nonces.use('n', expiresAt), store.nonces.use('n', expiresAt)]);
    expect(results.toSorted()).toEqual([false, true]);
    expect(await store.nonces.use('m', expiresAt)).toBe(true);
  });

  it('forgets what nobody can ask for any more, and nothing else', async () => {
    const { order: open } = await created({ names: ['open.example'] });
    const { order: ended, authorizations } = await created({
      names: ['ended.example'],
      expiresAt: addSeconds(NOW, -1),
    });
    const { id: serial, orderId } = await issued();
    await store.limits.spend(['full', 'used'], () => ({
      spent: new Map([
        ['full', NOW.getTime()],
        ['used', NOW.getTime() + 1],
      ]),
    }));

    await store.purge(NOW, NOW);
    expect(await store.orders.find(ended.id)).toBeUndefined();
    expect(await store.authorizations.find(authorizations[0]?.id ?? '')).toBeDefined();
    expect(await store.orders.find(open.id)).toBeDefined();
    await store.purge(NOW, addSeconds(NOW, 2 * HOUR));
    expect(await store.authorizations.find(authorizations[0]?.id ?? '')).toBeUndefined();
    expect(await store.orders.find(open.id)).toBeUndefined();
    expect((await store.orders.find(orderId))?.authorizations).toHaveLength(1);
    expect(await store.certificates.find(serial)).toBeDefined();
    const left = await store.limits.spend(['full', 'used'], (tats) => ({ spent: tats }));
    expect([...left.spent.keys()]).toEqual(['used']);
  });
}
