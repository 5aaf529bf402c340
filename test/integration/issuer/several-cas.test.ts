import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { parseLimits } from '../../../src/issuer/domain/limits/parse-limits.js';
import type { Device } from '../../../src/devices/domain/device.js';
import type { AcmeConfig } from '../../../src/platform/config/app-config.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { type FakeCa, problem } from './support/fake-ca.js';
import { FakeCas } from './support/fake-cas.js';
import { FakeZone } from './support/fake-zone.js';
import { aDevice, aKey, resetIssuer, TestIssuer, type TestIssuerOptions, ZONE } from './support/test-issuer.js';

const MINUTES = 60;
const PATIENCE_SECONDS = 30 * MINUTES;

function limits(values: Record<string, readonly [count: number, period: string]>) {
  const entries = Object.entries(values).map(([name, [count, period]]) => [name, { count, period }]);
  const exemptions = { ari: true, sameNamesDays: 0 };
  return parseLimits(JSON.stringify({ limits: Object.fromEntries(entries), exemptions }), 'test');
}

describeOnEachDatabase('several CAs', (database) => {
  let zone: FakeZone;
  let first: FakeCa;
  let second: FakeCa;
  let staging: FakeCa;
  let cas: FakeCas;
  const issuers: TestIssuer[] = [];

  beforeEach(async () => {
    await resetIssuer(database);
    await database.dataSource.query('TRUNCATE events CASCADE');
    zone = new FakeZone();
    first = FakeCas.at(zone, 'first.test');
    second = FakeCas.at(zone, 'second.test');
    staging = FakeCas.at(zone, 'staging.first.test');
    cas = new FakeCas(first, second, staging);
  });
  afterEach(async () => {
    await Promise.all(issuers.splice(0).map((issuer) => issuer.stop()));
  });

  function issuerWith(acme: Partial<AcmeConfig> = {}, options: TestIssuerOptions = {}): TestIssuer {
    const others = [{ name: 'Second', directoryUrl: second.directoryUrl, limits: 'none' }];
    const fallback = { afterSeconds: PATIENCE_SECONDS };
    const issuer = new TestIssuer(database, {
      zone,
      ca: first,
      connector: cas,
      directoryUrl: first.directoryUrl,
      acme: { name: 'First', others, fallback, ...acme },
      ...options,
    });
    issuers.push(issuer);
    return issuer;
  }

  const withStaging = () => ({
    staging: { name: 'First (staging)', directoryUrl: staging.directoryUrl, limits: 'none' },
  });

  /** One round of the worker, by hand: places orders and runs what is due at a CA. */
  async function round(issuer: TestIssuer, ca: FakeCa): Promise<(string | undefined)[]> {
    issuer.watch.forget();
    await issuer.routing.route();
    return issuer.runDue(10, ca.directoryUrl);
  }

  async function issuedBy(device: Device): Promise<string[]> {
    const rows: { directory_url: string }[] = await database.dataSource.query(
      `SELECT a.directory_url FROM certificates c JOIN acme_accounts a ON a.id = c.account_id
        WHERE c.device_id = $1 ORDER BY c.created_at`,
      [device.deviceId],
    );
    return rows.map(({ directory_url }) => directory_url);
  }

  async function events(): Promise<string[]> {
    const rows: { type: string; message: string }[] = await database.dataSource.query(
      `SELECT type, message FROM events WHERE type LIKE 'ca.%' OR type = 'order.moved' ORDER BY id`,
    );
    return rows.map(({ type, message }) => `${type}: ${message}`);
  }

  const historyOf = async (issuer: TestIssuer, orderId: string): Promise<string> =>
    JSON.stringify((await issuer.row(orderId))['history']);

  it('name all of them in the CAA records, each with its own account, the staging too', async () => {
    const issuer = issuerWith(withStaging());
    await issuer.setup.ready(second.directoryUrl);
    expect(zone.caa.get(ZONE)).toEqual([
      '0 issue "second.test; accounturi=https://second.test/acct/1; validationmethods=dns-01"',
      '0 issuewild "second.test; accounturi=https://second.test/acct/1; validationmethods=dns-01"',
    ]);
    await issuer.setup.ready(first.directoryUrl);
    await issuer.setup.ready(staging.directoryUrl);
    const caa = zone.caa.get(ZONE)!.filter((value) => value.startsWith('0 issue '));
    expect(caa.map((value) => /accounturi=https:\/\/([^/]+)/.exec(value)![1])).toEqual([
      'first.test',
      'staging.first.test',
      'second.test',
    ]);
  });

  it('keep a CA in the CAA records that is down while the server starts, and drop one that is configured no more', async () => {
    const before = issuerWith();
    await before.setup.ready(first.directoryUrl);
    await before.setup.ready(second.directoryUrl);
    cas.goAway(first);
    const after = issuerWith();
    await expect(after.setup.ready(first.directoryUrl)).rejects.toThrow('ECONNREFUSED');
    await after.setup.ready(second.directoryUrl);
    expect(zone.caa.get(ZONE)!.filter((value) => value.includes('accounturi'))).toHaveLength(4);
    expect(zone.caa.get(ZONE)!.join()).toContain('accounturi=https://first.test/acct/1');

    cas.comeBack(first);
    await issuerWith({ others: [] }).setup.ready(first.directoryUrl);
    expect(zone.caa.get(ZONE)!.join()).not.toContain('second.test');
  });

  it('issue at the first one while it is well', async () => {
    const issuer = issuerWith();
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    expect(await round(issuer, second)).toEqual([]);
    expect(await round(issuer, first)).toEqual(['issued']);
    expect(await issuedBy(device)).toEqual([first.directoryUrl]);
    expect(await events()).toEqual([]);
  });

  it('let orders of one that is down for long enough go to the next, and return when it is back', async () => {
    const issuer = issuerWith();
    await issuer.setup.ready(first.directoryUrl);
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    cas.goAway(first);
    expect(await round(issuer, first)).toEqual(['deferred']);
    expect(await issuer.read(device, orderId)).toMatchObject({
      status: 'deferred',
      reason: expect.stringContaining('First: The CA cannot be reached'),
    });
    issuer.clock.advanceSeconds(PATIENCE_SECONDS - 60);
    expect(await round(issuer, second)).toEqual([]);
    issuer.clock.advanceSeconds(120);
    expect(await round(issuer, second)).toEqual(['issued']);
    expect(await issuedBy(device)).toEqual([second.directoryUrl]);
    expect(await historyOf(issuer, orderId)).toContain('From First to Second: at First nothing can be had there.');

    // A new one goes there at once, and one event tells of all.
    const other = await aDevice(database.dataSource);
    const { orderId: waiting } = await issuer.order(other);
    await issuer.routing.route();
    expect(await issuer.row(waiting)).toMatchObject({ ca: second.directoryUrl, ca_why: 'down' });
    expect(await events()).toEqual([expect.stringMatching(/^ca\.fallback: Orders go to Second in place of First: /)]);

    await issuer.caReturn.check();
    cas.comeBack(first);
    await issuer.caReturn.check();
    expect(await round(issuer, first)).toEqual(['issued']);
    expect(await issuedBy(other)).toEqual([first.directoryUrl]);
    expect((await events())[1]).toBe('ca.fallback_ended: Orders go to First again.');
  });

  it('do not wait for one that is down when the certificate would end meanwhile', async () => {
    first.validitySeconds = 45 * MINUTES;
    const issuer = issuerWith();
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    expect(await round(issuer, first)).toEqual(['issued']);
    cas.goAway(first);
    await issuer.order(device);
    expect(await round(issuer, first)).toEqual(['deferred']);
    expect(await round(issuer, second)).toEqual(['issued']);
    expect(await issuedBy(device)).toEqual([first.directoryUrl, second.directoryUrl]);
  });

  it('never name a certificate of one in `replaces` at another', async () => {
    const issuer = issuerWith();
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    await round(issuer, first);
    await issuer.order(device);
    await round(issuer, first);
    expect(first.orders.map(({ replaces }) => replaces)).toEqual([undefined, expect.any(String)]);
    cas.goAway(first);
    await issuer.order(device);
    await round(issuer, first);
    issuer.clock.advanceSeconds(PATIENCE_SECONDS + 1);
    expect(await round(issuer, second)).toEqual(['issued']);
    expect(second.orders[0]!.replaces).toBeUndefined();

    // The renewal stays where the certificate in force is from, although the first one is back.
    cas.comeBack(first);
    await issuer.watch.issued(first.directoryUrl);
    await issuer.order(device);
    expect(await round(issuer, first)).toEqual([]);
    expect(await round(issuer, second)).toEqual(['issued']);
    expect(second.orders[1]!.replaces).toEqual(expect.any(String));
  });

  it('leave nothing behind at the one that an order leaves: neither slots, nor its order, nor TXT records', async () => {
    const profile = limits({ 'certificates-per-domain': [5, '1h'], 'failed-authorizations': [5, '1h'] });
    const issuer = issuerWith({}, { profile, profiles: new Map([[second.directoryUrl, profile]]) });
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await issuer.setup.ready(first.directoryUrl);
    await issuer.routing.route();
    // The CA falls silent after the records were published.
    first.fail('completeChallenge', problem('serverInternal', 500));
    expect(await issuer.runDue(10, first.directoryUrl)).toEqual(['deferred']);
    expect(zone.size).toBe(1);
    expect((await issuer.row(orderId))['acme_order_url']).not.toBeNull();
    issuer.clock.advanceSeconds(PATIENCE_SECONDS + 1);
    await issuer.routing.route();
    expect(zone.size).toBe(0);
    expect(await issuer.row(orderId)).toMatchObject({
      ca: second.directoryUrl,
      acme_order_url: null,
      account_id: null,
      reservations: null,
      status: 'queued',
    });
    const reserved: unknown[] = await database.dataSource.query(`SELECT 1 FROM issuance_buckets WHERE reserved <> 0`);
    expect(reserved).toEqual([]);
    expect(await round(issuer, second)).toEqual(['issued']);
    const spent: { ca: string; key: string }[] = await database.dataSource.query(
      `SELECT ca, key FROM issuance_buckets WHERE tat > 0 OR reserved <> 0`,
    );
    expect(spent).toEqual([{ ca: second.directoryUrl, key: `certificates-per-domain:${ZONE}` }]);
  });

  it('revoke a certificate where it is from', async () => {
    const issuer = issuerWith();
    const device = await aDevice(database.dataSource);
    cas.goAway(first);
    await issuer.order(device);
    await expect(issuer.setup.ready(first.directoryUrl)).rejects.toThrow('ECONNREFUSED');
    await issuer.watch.failed(first.directoryUrl, 'unreachable', 'gone');
    issuer.clock.advanceSeconds(PATIENCE_SECONDS + 1);
    expect(await round(issuer, second)).toEqual(['issued']);
    cas.comeBack(first);
    await issuer.revocations.revokeNewest(device.deviceId, 'superseded');
    await issuer.revocations.tellCa();
    expect(second.revoked).toHaveLength(1);
    expect(first.revoked).toEqual([]);
  });

  it('try one that has a fault of its own with one order now and then', async () => {
    const issuer = issuerWith();
    const devices = [await aDevice(database.dataSource), await aDevice(database.dataSource)];
    await issuer.setup.ready(first.directoryUrl);
    first.fail('newOrder', problem('serverInternal', 500));
    await issuer.order(devices[0]!);
    expect(await round(issuer, first)).toEqual(['deferred']);
    issuer.clock.advanceSeconds(PATIENCE_SECONDS + 1);
    await issuer.order(devices[1]!);
    issuer.clock.advanceSeconds(1);
    await issuer.routing.route();
    const placed: { ca: string; ca_why: string }[] = await database.dataSource.query(
      `SELECT ca, ca_why FROM issuance_orders ORDER BY queued_at`,
    );
    expect(placed).toEqual([
      { ca: first.directoryUrl, ca_why: 'probe' },
      { ca: second.directoryUrl, ca_why: 'down' },
    ]);
    expect(await issuer.runDue(10, first.directoryUrl)).toEqual(['issued']);
    expect(await round(issuer, first)).toEqual(['issued']);
    expect(await events()).toEqual([
      expect.stringContaining('ca.fallback: '),
      'ca.fallback_ended: Orders go to First again.',
    ]);
  });

  it('pass an account by that is paused, and return when it is taken again', async () => {
    const issuer = issuerWith();
    const devices = [await aDevice(database.dataSource), await aDevice(database.dataSource)];
    const { orderId } = await issuer.order(devices[0]!);
    first.fail('newOrder', problem('rateLimited', 429, undefined, 'Your account is paused'));
    expect(await round(issuer, first)).toEqual(['deferred']);
    expect((await issuer.watch.states()).get(first.directoryUrl)).toMatchObject({ paused: true });
    await issuer.routing.route();
    expect(await issuer.row(orderId)).toMatchObject({ ca: second.directoryUrl, ca_why: 'paused' });
    await issuer.order(devices[1]!);
    await issuer.routing.route();
    expect(await issuer.runDue(10, first.directoryUrl)).toEqual([]);

    // Who retries an order by hand may have acted at the CA: one order looks.
    await issuer.retry.retry(orderId);
    expect(await round(issuer, first)).toEqual(['issued']);
    expect((await issuer.watch.states()).get(first.directoryUrl)).toMatchObject({ paused: false });
    expect(await round(issuer, first)).toEqual(['issued']);
    expect(await events()).toEqual([
      expect.stringMatching(/^ca\.fallback: Orders go to Second in place of First: Your account is paused/),
      'ca.fallback_ended: Orders go to First again.',
    ]);
  });

  it('that are but one hold all orders while the account is paused, say so, and are tried by one order', async () => {
    const issuer = issuerWith({ others: [], fallback: undefined });
    const devices = [await aDevice(database.dataSource), await aDevice(database.dataSource)];
    const refused = await issuer.order(devices[0]!);
    const held = await issuer.order(devices[1]!);
    first.fail('newOrder', problem('rateLimited', 429, undefined, 'Your account is paused'));
    expect(await issuer.runDue(1)).toEqual(['deferred']);
    issuer.watch.forget();
    const starts = () => issuer.routing.startsAt(first.directoryUrl, 4, issuer.clock.now());
    expect(await starts()).toEqual({ mostStarted: 0, isProbe: false });
    // What was known of the line a moment ago is told for another half second.
    await expect
      .poll(() => issuer.read(devices[1]!, held.orderId), { timeout: 10_000 })
      .toEqual(expect.objectContaining({ reason: 'The CA has paused issuance until an operator acts.' }));
    expect((await issuer.read(devices[1]!, held.orderId)).estimatedAt).toBeUndefined();
    expect(await issuer.read(devices[0]!, refused.orderId)).toMatchObject({ status: 'deferred' });

    issuer.clock.advanceSeconds(61 * MINUTES);
    expect(await starts()).toEqual({ mostStarted: 1, isProbe: true });
    await issuer.watch.probed(first.directoryUrl);
    expect(await starts()).toEqual({ mostStarted: 0, isProbe: false });
    await issuer.retry.retry(refused.orderId);
    expect(await starts()).toEqual({ mostStarted: 1, isProbe: true });
    expect(await issuer.runDue(1)).toEqual(['issued']);
    expect(await starts()).toEqual({ mostStarted: 4, isProbe: false });
  });

  it('pass one by for a name that it has paused, and for no other', async () => {
    const issuer = issuerWith();
    const [paused, other] = [await aDevice(database.dataSource), await aDevice(database.dataSource)];
    await issuer.order(paused);
    first.fail('newOrder', problem('rateLimited', 429, undefined, `requests for ${paused.name} are paused`));
    expect(await round(issuer, first)).toEqual(['deferred']);
    await issuer.order(other);
    expect(await round(issuer, first)).toEqual(['issued']);
    expect(await round(issuer, second)).toEqual(['issued']);
    expect(await issuedBy(paused)).toEqual([second.directoryUrl]);
    expect(await issuedBy(other)).toEqual([first.directoryUrl]);
    expect(await events()).toEqual([
      expect.stringMatching(/^order\.moved: .* at First it has paused our account or the name/),
    ]);
  });

  it('take an order whose certificate would end before its turn at its own one', async () => {
    const profile = limits({ 'certificates-per-domain': [1, '10d'] });
    first.validitySeconds = 5 * 86_400;
    first.supportsRenewalInfo = false;
    const none = limits({});
    const issuer = issuerWith({}, { profile, profiles: new Map([[second.directoryUrl, none]]) });
    const renewing = await aDevice(database.dataSource);
    await issuer.order(renewing);
    expect(await round(issuer, first)).toEqual(['issued']);
    const fresh = await aDevice(database.dataSource);
    await issuer.order(fresh);
    await issuer.order(renewing);
    expect(await round(issuer, first)).toEqual([]);
    // A new device waits for its turn: it has nothing that could end.
    expect(await issuer.routing.relieveLate()).toBe(1);
    expect(await round(issuer, second)).toEqual(['issued']);
    expect(await issuedBy(renewing)).toEqual([first.directoryUrl, second.directoryUrl]);
    expect(await issuedBy(fresh)).toEqual([]);
    expect(await events()).toEqual([expect.stringContaining('it could not issue in time by its limits')]);
  });

  it('take new devices too that would wait for longer than the operator wants', async () => {
    const profile = limits({ 'certificates-per-domain': [1, '10d'] });
    const none = new Map([[second.directoryUrl, limits({})]]);
    const fallback = { afterSeconds: PATIENCE_SECONDS, newDeviceWaitSeconds: 86_400 };
    const issuer = issuerWith({ fallback }, { profile, profiles: none });
    const devices = [await aDevice(database.dataSource), await aDevice(database.dataSource)];
    await issuer.order(devices[0]!);
    await issuer.order(devices[1]!);
    expect(await round(issuer, first)).toEqual(['issued']);
    expect(await issuer.routing.relieveLate()).toBe(1);
    expect(await round(issuer, second)).toEqual(['issued']);
    expect([...(await issuedBy(devices[0]!)), ...(await issuedBy(devices[1]!))].toSorted()).toEqual([
      first.directoryUrl,
      second.directoryUrl,
    ]);
  });

  it('rehearse at the staging after a failure, and spend no second failure at the CA itself', async () => {
    const issuer = issuerWith(withStaging());
    const device = await aDevice(database.dataSource);
    const key = aKey();
    zone.hidden = true;
    const failed = await issuer.order(device, key);
    expect(await round(issuer, first)).toEqual(['failed']);
    expect(first.orders).toHaveLength(1);

    // Still broken: the staging finds out.
    issuer.clock.advanceSeconds(2 * MINUTES);
    const again = await issuer.order(device, aKey());
    expect(await issuer.row(again.orderId)).toMatchObject({ ca: staging.directoryUrl, ca_why: 'rehearsal' });
    expect(await round(issuer, first)).toEqual([]);
    expect(await issuer.runDue(10, staging.directoryUrl)).toEqual(['failed']);
    expect(await issuer.read(device, again.orderId)).toMatchObject({
      reason: expect.stringContaining('First (staging): The CA could not validate'),
    });
    expect(first.orders).toHaveLength(1);

    // Mended: the staging issues, its certificate goes nowhere, and the CA itself is next.
    zone.hidden = false;
    issuer.clock.advanceSeconds(20 * MINUTES);
    const third = await issuer.order(device, aKey());
    expect(await issuer.runDue(10, first.directoryUrl)).toEqual([]);
    expect(await round(issuer, staging)).toEqual(['rehearsed']);
    expect(zone.size).toBe(0);
    expect(await issuedBy(device)).toEqual([]);
    expect(await round(issuer, first)).toEqual(['issued']);
    expect(await issuedBy(device)).toEqual([first.directoryUrl]);
    expect(first.orders).toHaveLength(2);
    expect(await historyOf(issuer, third.orderId)).toContain('First (staging) has issued it.');
    expect(await historyOf(issuer, failed.orderId)).not.toContain('rehearsed');
  });

  it('pass a staging by that cannot be had', async () => {
    const issuer = issuerWith(withStaging());
    const device = await aDevice(database.dataSource);
    await issuer.setup.ready(staging.directoryUrl);
    zone.hidden = true;
    await issuer.order(device);
    expect(await round(issuer, first)).toEqual(['failed']);
    zone.hidden = false;
    cas.goAway(staging);
    issuer.clock.advanceSeconds(2 * MINUTES);
    const { orderId } = await issuer.order(device, aKey());
    expect(await round(issuer, staging)).toEqual(['deferred']);
    expect(await issuer.row(orderId)).toMatchObject({ ca: first.directoryUrl, ca_why: null, status: 'queued' });
    expect(await round(issuer, first)).toEqual(['issued']);
  });

  it('rehearse an order that is retried by hand after it failed', async () => {
    const issuer = issuerWith(withStaging());
    const device = await aDevice(database.dataSource);
    zone.hidden = true;
    const { orderId } = await issuer.order(device);
    expect(await round(issuer, first)).toEqual(['failed']);
    zone.hidden = false;
    await issuer.retry.retry(orderId);
    expect(await round(issuer, first)).toEqual([]);
    expect(await round(issuer, staging)).toEqual(['rehearsed']);
    expect(await round(issuer, first)).toEqual(['issued']);
  });

  it('are asked by one worker, whatever becomes of the first of them', async () => {
    cas.goAway(first);
    const issuer = issuerWith({ fallback: { afterSeconds: 0.5 } });
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    issuer.start();
    await until(async () => (await issuer.row(orderId))['status'] === 'issued');
    expect(await issuedBy(device)).toEqual([second.directoryUrl]);
    cas.comeBack(first);
    const later = await aDevice(database.dataSource);
    const { orderId: next } = await issuer.order(later);
    await until(async () => (await issuer.row(next))['status'] === 'issued');
    expect(await issuedBy(later)).toHaveLength(1);
  });

  it('find orders that were begun when there was but one where they are, and go on with them', async () => {
    const profile = limits({ 'certificates-per-domain': [5, '1h'] });
    const alone = issuerWith({ others: [], fallback: undefined }, { profile });
    const [begun, limited] = [await aDevice(database.dataSource), await aDevice(database.dataSource)];
    const { orderId } = await alone.order(begun);
    first.fail('completeChallenge', problem('serverInternal', 500));
    expect(await alone.runDue()).toEqual(['deferred']);
    const { orderId: refused } = await alone.order(limited);
    first.fail('newOrder', problem('rateLimited', 429, 7200));
    expect(await alone.runDue(1)).toEqual(['deferred']);
    const before = await alone.row(refused);
    expect(before['ca']).toBeNull();
    await database.dataSource.query('TRUNCATE issuance_cas');

    const issuer = issuerWith({}, { profile });
    await issuer.routing.route();
    const row = await issuer.row(orderId);
    expect(row).toMatchObject({ ca: first.directoryUrl, acme_order_url: expect.any(String) });
    expect(row['reservations']).not.toBeNull();
    expect(await issuer.row(refused)).toMatchObject({
      ca: first.directoryUrl,
      status: 'deferred',
      next_attempt_at: before['next_attempt_at'],
    });
    issuer.clock.advanceSeconds(2 * MINUTES);
    expect(await issuer.runDue(10, first.directoryUrl)).toEqual(['issued']);
    expect(first.orders).toHaveLength(1);
  });

  it('are tried again when an operator says that a pause is over', async () => {
    const issuer = issuerWith({ others: [], fallback: undefined });
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    first.fail('newOrder', problem('rateLimited', 429, undefined, 'Your account is paused'));
    expect(await issuer.runDue()).toEqual(['deferred']);
    expect(await issuer.watch.resume(first.directoryUrl, device.name)).toBe(0);
    expect(await issuer.runDue()).toEqual([]);
    expect(await issuer.watch.resume(first.directoryUrl)).toBe(1);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect((await issuer.watch.states()).get(first.directoryUrl)).toMatchObject({ paused: false });
  });

  it('become one again when the list is cut: their orders go to the one that is left', async () => {
    const issuer = issuerWith();
    await issuer.setup.ready(first.directoryUrl);
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    await issuer.watch.failed(first.directoryUrl, 'fault', 'it is ill');
    issuer.clock.advanceSeconds(PATIENCE_SECONDS + 1);
    cas.goAway(second);
    await issuer.routing.route();
    const alone = issuerWith({ others: [], fallback: undefined });
    expect(await round(alone, first)).toEqual(['issued']);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
