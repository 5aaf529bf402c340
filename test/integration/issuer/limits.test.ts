import { setTimeout as sleep } from 'node:timers/promises';

import { beforeEach, expect, it } from 'vitest';

import type { BucketState } from '../../../src/issuer/domain/limits/bucket.js';
import type { LimitProfile } from '../../../src/issuer/domain/limits/limit-profile.js';
import { parseLimits } from '../../../src/issuer/domain/limits/parse-limits.js';
import type { AcmeCa, AcmeNewOrder } from '../../../src/issuer/acme/acme-ca.js';
import type { AcmeCredentials } from '../../../src/issuer/accounts/acme-connector.js';
import { gcraSpend } from '../../../src/kernel/gcra.js';
import type { Device } from '../../../src/devices/domain/device.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { DIRECTORY_URL, FakeCa, problem } from './support/fake-ca.js';
import { FakeZone } from './support/fake-zone.js';
import { aDevice, aKey, resetIssuer, TestIssuer, ZONE } from './support/test-issuer.js';

const DOMAIN = `certificates-per-domain:${ZONE}`;
const EXEMPTIONS = { ari: true, sameNamesDays: 120 };

function limits(values: Record<string, readonly [count: number, period: string]>): LimitProfile {
  const entries = Object.entries(values).map(([name, [count, period]]) => [name, { count, period }]);
  return parseLimits(JSON.stringify({ limits: Object.fromEntries(entries), exemptions: EXEMPTIONS }), 'test');
}

/** Enforces a limit on certificates as Let's Encrypt does: looked at with newOrder, counted with the certificate. */
class LimitedCa extends FakeCa {
  refusals = 0;
  #tat: number | undefined;

  constructor(
    zone: FakeZone,
    private readonly burst: number,
    private readonly intervalMilliseconds: number,
  ) {
    super((name, value) => zone.isServed(`_acme-challenge.${name}`, value));
    this.handsBackPendingOrders = false;
  }

  override open(credentials: AcmeCredentials): AcmeCa {
    const ca = super.open(credentials);
    return {
      ...ca,
      newOrder: async (order: AcmeNewOrder) => {
        if (!this.#spend().allowed) {
          this.refusals += 1;
          throw problem('rateLimited', 429, 60);
        }
        return ca.newOrder(order);
      },
      finalize: async (url, der) => {
        this.#tat = this.#spend().tat;
        return ca.finalize(url, der);
      },
    };
  }

  #spend() {
    return gcraSpend({ burst: this.burst, intervalMilliseconds: this.intervalMilliseconds }, this.#tat, Date.now());
  }
}

describeOnEachDatabase("the CA's limits", (database) => {
  beforeEach(() => resetIssuer(database));

  const buckets = async (): Promise<Map<string, BucketState>> => {
    const rows: (BucketState & { key: string })[] = await database.dataSource.query(
      `SELECT key, tat, reserved FROM issuance_buckets WHERE ca = $1 ORDER BY key`,
      [DIRECTORY_URL],
    );
    return new Map(rows.map(({ key, ...bucket }) => [key, bucket]));
  };
  const orders = async (issuer: TestIssuer, count: number, change: Partial<Device> = {}): Promise<string[]> => {
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      ids.push((await issuer.order(await aDevice(database.dataSource, change))).orderId);
      issuer.clock.advanceSeconds(1);
    }
    return ids;
  };
  const statuses = async (): Promise<Record<string, number>> => {
    const rows: { status: string; orders: number }[] = await database.dataSource.query(
      `SELECT status, count(*)::int AS orders FROM issuance_orders GROUP BY status`,
    );
    return Object.fromEntries(rows.map((row) => [row.status, row.orders]));
  };

  it('are reserved with the claim, counted at newOrder and at issuance, and given back', async () => {
    const profile = limits({
      'new-orders': [10, '1h'],
      'certificates-per-domain': [10, '1h'],
      'failed-authorizations': [5, '1h'],
    });
    const issuer = new TestIssuer(database, { profile });
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    const account = await issuer.setup.ready();
    const [claimed] = await issuer.claim('a', 1);
    const accountKey = `new-orders:${account.ca.accountUrl}`;
    const failures = `failed-authorizations:${device.name}@${account.ca.accountUrl}`;
    for (const key of [accountKey, DOMAIN, failures]) {
      expect((await buckets()).get(key)).toEqual({ tat: 0, reserved: 1 });
    }
    let atNewOrder: Map<string, BucketState> | undefined;
    const reading: Promise<void>[] = [];
    issuer.probe.onStep = (step) => {
      if (step === 'acme-order-stored') reading.push(buckets().then((found) => void (atNewOrder ??= found)));
    };
    await issuer.pipeline.run(claimed!, account, new AbortController().signal);
    await Promise.all(reading);
    expect(atNewOrder!.get(accountKey)).toMatchObject({ reserved: 0 });
    expect(atNewOrder!.get(accountKey)!.tat).toBeGreaterThan(issuer.clock.now().getTime());
    const after = await buckets();
    expect(after.get(DOMAIN)).toMatchObject({ reserved: 0 });
    expect(after.get(DOMAIN)!.tat).toBeGreaterThan(issuer.clock.now().getTime() + 300_000);
    expect(after.get(failures)).toEqual({ tat: 0, reserved: 0 });
    expect(await issuer.row(orderId)).toMatchObject({ status: 'issued', reservations: null });
  });

  it('count a failed validation, and give the certificate back that did not come', async () => {
    const profile = limits({ 'certificates-per-domain': [10, '1h'], 'failed-authorizations': [5, '1h'] });
    const issuer = new TestIssuer(database, { profile, ca: new FakeCa(() => false) });
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    expect(await issuer.runDue()).toEqual(['failed']);
    const after = await buckets();
    expect(after.get(DOMAIN)).toEqual({ tat: 0, reserved: 0 });
    const failures = [...after].find(([key]) => key.startsWith('failed-authorizations:'))![1];
    expect(failures.reserved).toBe(0);
    expect(failures.tat).toBeGreaterThan(issuer.clock.now().getTime() + 600_000);
  });

  it('are not burnt by a device that always fails: quarantine comes first, until an operator tries it again', async () => {
    const profile = limits({ 'failed-authorizations': [5, '1h'] });
    const issuer = new TestIssuer(database, { profile, ca: new FakeCa(() => false) });
    const device = await aDevice(database.dataSource);
    const failedAt: number[] = [];
    let row: Record<string, unknown> = {};
    for (let round = 0; round < 6; round++) {
      row = await issuer.row((await issuer.order(device, aKey())).orderId);
      const wait = (row['next_attempt_at'] as Date).getTime() - issuer.clock.now().getTime();
      if (wait > 0) {
        expect(await issuer.runDue()).toEqual([]);
        issuer.clock.advanceSeconds(wait / 1000 + 1);
      }
      expect(await issuer.runDue()).toEqual(['failed']);
      failedAt.push(issuer.clock.now().getTime());
    }
    const minutes = failedAt.slice(1).map((at, index) => Math.round((at - failedAt[index]!) / 60_000));
    expect(minutes).toEqual([1, 10, 100, 1440, 1440]);

    const { orderId } = await issuer.order(device, aKey());
    expect(await issuer.row(orderId)).toMatchObject({ status: 'deferred', reason_code: 'quarantined' });
    await issuer.retry.retry(orderId);
    expect((await issuer.claim('a', 5)).map(({ order }) => order.id)).toEqual([orderId]);
    expect(await issuer.row(orderId)).toMatchObject({ manual: true, share: 'manual' });
  });

  it('start no more than there is room for; the others stay in the line', async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-domain': [3, '1h'] }) });
    const ids = await orders(issuer, 5);
    const claimed = await issuer.claim('a', 5);
    expect(claimed.map(({ order }) => order.id)).toEqual(ids.slice(0, 3));
    expect(await statuses()).toEqual({ issuing: 3, queued: 2 });
    expect(issuer.queue.wakeAt).toBeGreaterThan(issuer.clock.now().getTime());
  });

  it('let a renewal pass while new devices wait', async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-domain': [1, '24h'] }) });
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    await issuer.runDue();
    await orders(issuer, 2);
    const { orderId } = await issuer.order(device);
    expect((await issuer.claim('a', 5)).map(({ order }) => order.id)).toEqual([orderId]);
  });

  it("postpone an order whose own bucket is empty, with the limit's name and its time", async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-exact-set': [1, '1h'] }) });
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    await issuer.runDue();
    const { orderId } = await issuer.order(device, aKey());
    const other = await orders(issuer, 1);
    expect((await issuer.claim('a', 5)).map(({ order }) => order.id)).toEqual(other);
    const row = await issuer.row(orderId);
    expect(row).toMatchObject({ status: 'deferred', reason_code: 'budget' });
    expect(row['reason']).toContain('certificates for exactly the same names');
    const wait = (row['next_attempt_at'] as Date).getTime() - issuer.clock.now().getTime();
    expect(wait).toBeGreaterThan(3_500_000);
    expect(wait).toBeLessThan(3_600_000);
  });

  it('are corrected by a 429, for every order and every server', async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-domain': [20, '168h'] }) });
    await orders(issuer, 3);
    const detail = `too many certificates (20) already issued for "${ZONE}" in the last 168h0m0s, retry after 2028-01-01 00:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/#new-certificates-per-registered-domain`;
    issuer.ca.fail('newOrder', problem('rateLimited', 429, 3_600, detail));
    expect(await issuer.runDue(1)).toEqual(['deferred']);
    const bucket = (await buckets()).get(DOMAIN)!;
    expect(bucket.reserved).toBe(0);
    expect(await issuer.claim('a', 5)).toEqual([]);
    issuer.clock.advanceSeconds(3_700);
    expect((await issuer.claim('a', 5)).length).toBe(1);
  });

  it('are not changed by a pause: that is about the name, until an operator acts', async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-domain': [50, '168h'] }) });
    const [id] = await orders(issuer, 1);
    issuer.ca.fail('newOrder', problem('rateLimited', 429, undefined, 'temporarily prevented from requesting'));
    await issuer.runDue();
    expect((await buckets()).get(DOMAIN)).toEqual({ tat: 0, reserved: 0 });
    expect(await issuer.row(id!)).toMatchObject({ status: 'deferred', reason_code: 'paused', reservations: null });
  });

  it('get back, once, what a server held that vanished; its newOrder counts', async () => {
    const profile = limits({ 'new-orders': [10, '1h'], 'certificates-per-domain': [10, '1h'] });
    const issuer = new TestIssuer(database, { profile });
    const [id] = await orders(issuer, 1);
    await issuer.claim('vanishing', 1, 0.2);
    await sleep(250);
    const [again] = await issuer.claim('other', 1, 30, 2);
    expect(again!.order.id).toBe(id);
    const after = await buckets();
    expect(after.get(DOMAIN)).toEqual({ tat: 0, reserved: 1 });
    const account = [...after].find(([key]) => key.startsWith('new-orders:'))![1];
    expect(account.reserved).toBe(1);
    expect(account.tat).toBeGreaterThan(issuer.clock.now().getTime() + 300_000);
  });

  it('stay reserved for an order that is given back, and are not reserved twice', async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-domain': [10, '1h'] }) });
    await orders(issuer, 1);
    const [claimed] = await issuer.claim('stopping', 1);
    await issuer.queue.release([claimed!.lease]);
    expect(await issuer.claim('other', 1)).toHaveLength(1);
    expect((await buckets()).get(DOMAIN)).toEqual({ tat: 0, reserved: 1 });
  });

  it('go over to the order that supersedes another, or are given back', async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-domain': [10, '1h'] }) });
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    issuer.zone.confirmError = new Error('not yet');
    await issuer.runDue();
    const { orderId } = await issuer.order(device, aKey());
    expect((await buckets()).get(DOMAIN)).toEqual({ tat: 0, reserved: 1 });
    expect((await issuer.row(orderId))['reservations']).toMatchObject({ ca: DIRECTORY_URL });
    await database.dataSource.query(`UPDATE devices SET state = 'deleted'`);
    await database.dataSource.transaction((transaction) => issuer.hopeless.fail(transaction, issuer.clock.now()));
    expect((await buckets()).get(DOMAIN)).toEqual({ tat: 0, reserved: 0 });
  });

  it('serve groups in turns, and what expires before what is new', async () => {
    const issuer = new TestIssuer(database, { profile: limits({ 'certificates-per-domain': [4, '24h'] }) });
    const grouped = async (group: string, count: number) => {
      const ids = await orders(issuer, count);
      await database.dataSource.query(
        `UPDATE devices SET group_name = $2 WHERE id IN (SELECT device_id FROM issuance_orders WHERE id = ANY ($1::uuid[]))`,
        [ids, group],
      );
      return ids;
    };
    const large = await grouped('large', 6);
    const small = await grouped('small', 2);
    const claimed = (await issuer.claim('a', 20)).map(({ order }) => order.id);
    expect(claimed.toSorted()).toEqual([...large.slice(0, 2), ...small].toSorted());
  });

  it('are never overdrawn and never leak with four servers and others that die', async () => {
    const burst = 12;
    const interval = 40;
    const profile: LimitProfile = {
      ...limits({}),
      limits: {
        ...limits({}).limits,
        'new-orders': { burst: 1000, count: 1000, periodSeconds: 10 },
        'certificates-per-domain': { burst, count: 1, periodSeconds: interval / 1000 },
        'certificates-per-exact-set': { burst: 5, count: 5, periodSeconds: 600 },
        'failed-authorizations': { burst: 5, count: 5, periodSeconds: 3600 },
      },
    };
    const zone = new FakeZone();
    const ca = new LimitedCa(zone, burst, interval);
    const servers = Array.from({ length: 4 }, () => new TestIssuer(database, { profile, zone, ca, ordersInFlight: 8 }));
    const [first] = servers;
    const devices = 80;
    for (let index = 0; index < devices; index++) await first!.order(await aDevice(database.dataSource));
    const dying = new TestIssuer(database, { profile, zone, ca });
    await dying.claim('dying', 4, 1, 99);

    let overdrawn = 0;
    const watch = async () => {
      const now = Date.now();
      const bucket = (await buckets()).get(DOMAIN);
      if (bucket && bucket.reserved + Math.max(0, bucket.tat - now) / interval > burst + 0.5) overdrawn += 1;
      if (bucket && bucket.reserved < 0) overdrawn += 1;
    };
    for (const server of servers) server.start();
    try {
      for (let round = 0; round < 400 && ((await statuses())['issued'] ?? 0) < devices; round++) {
        await watch();
        await sleep(50);
      }
    } finally {
      for (const server of servers) await server.stop();
    }
    expect(await statuses()).toEqual({ issued: devices });
    expect(ca.issued).toHaveLength(devices);
    expect(ca.refusals).toBe(0);
    expect(overdrawn).toBe(0);
    expect([...(await buckets()).values()].filter(({ reserved }) => reserved !== 0)).toEqual([]);
  }, 60_000);
});
