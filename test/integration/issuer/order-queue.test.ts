import { beforeEach, expect, it } from 'vitest';

import { LeaseLostError } from '../../../src/issuer/worker/lease.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { aDevice, aKey, resetIssuer, TestIssuer, ZONE } from './support/test-issuer.js';

describeOnEachDatabase('the queue of orders', (database) => {
  let issuer: TestIssuer;
  beforeEach(async () => {
    await resetIssuer(database);
    issuer = new TestIssuer(database);
  });

  const orders = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      ids.push((await issuer.order(await aDevice(database.dataSource))).orderId);
      issuer.clock.advanceSeconds(1);
    }
    return ids;
  };
  /** Of as many devices, without their CSRs. */
  const bulkOrders = async (count: number): Promise<string[]> => {
    await database.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
         SELECT gen_random_uuid(), 'b' || n, $1, 'b' || n || '.' || $1, 'active', '{}', now() FROM generate_series(1, $2::int) n`,
      [ZONE, count],
    );
    const rows: { id: string }[] = await database.dataSource.query(
      `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, step, step_at, queued_at,
                                    next_attempt_at, created_at, updated_at)
         SELECT id, id, '\\x00', label, label, ARRAY[name], 'queued', 'queued', now(), now(), now(), now(), now()
           FROM devices RETURNING id`,
    );
    return rows.map(({ id }) => id);
  };
  const claim = async (owner: string, count: number, leaseSeconds?: number) =>
    (await issuer.claim(owner, count, leaseSeconds)).map(({ order }) => order.id);

  it('gives out the oldest first', async () => {
    const ids = await orders(3);
    expect(await claim('a', 2)).toEqual(ids.slice(0, 2));
    expect(await claim('a', 2)).toEqual(ids.slice(2));
  });

  it('gives no order to two servers that claim at the same time', async () => {
    const ids = await orders(20);
    const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => claim(`server-${index}`, 5)));
    const claimed = claims.flat();
    expect(new Set(claimed).size).toBe(claimed.length);
    const rest = await claim('last', 20);
    expect([...claimed, ...rest].toSorted()).toEqual(ids.toSorted());
  });

  it('gives each of 300 orders to one of four servers that claim until nothing is left', async () => {
    const ids = await bulkOrders(300);
    const servers = Array.from({ length: 4 }, () => new TestIssuer(database, { ca: issuer.ca, clock: issuer.clock }));
    await servers[0]!.setup.ready();
    const claimed = await Promise.all(
      servers.map(async (server, index) => {
        const own: string[] = [];
        for (let count = 1; count > 0;) {
          const orders = (await server.claim(`server ${index}`, 7, undefined, index + 1)).map(({ order }) => order.id);
          count = orders.length;
          own.push(...orders);
        }
        return own;
      }),
    );
    expect(claimed.flat().toSorted()).toEqual(ids.toSorted());
    expect(claimed.filter((own) => own.length > 0).length).toBeGreaterThan(1);
    const leases: { lease_server: number; orders: number }[] = await database.dataSource.query(
      `SELECT lease_server, count(*)::int AS orders FROM issuance_orders GROUP BY 1 ORDER BY 1`,
    );
    expect(leases.map(({ orders }) => orders)).toEqual(claimed.map((own) => own.length).filter((count) => count > 0));
  });

  it('gives an order to another server when its lease has expired, not before', async () => {
    const ids = await orders(1);
    expect(await claim('dying', 1, 0.2)).toEqual(ids);
    expect(await claim('other', 1)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await claim('other', 1)).toEqual(ids);
  });

  it('keeps a lease that is renewed, and marks one lost that somebody else has', async () => {
    await orders(1);
    const [claimed] = await issuer.claim('slow', 1, 0.2);
    await issuer.queue.renew([claimed!.lease], 30);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await claim('other', 1)).toEqual([]);
    claimed!.lease.assertHeld();

    await database.dataSource.query(`UPDATE issuance_orders SET lease_expires_at = now() - interval '1 second'`);
    expect(await claim('other', 1)).toHaveLength(1);
    await issuer.queue.renew([claimed!.lease], 30);
    expect(() => claimed!.lease.assertHeld()).toThrow(LeaseLostError);
  });

  it('refuses every write under a lost lease', async () => {
    const [id] = await orders(1);
    const [claimed] = await issuer.claim('slow', 1, 30);
    await database.dataSource.query(`UPDATE issuance_orders SET lease_id = gen_random_uuid()`);
    const note = { now: issuer.clock.now(), events: [] };
    const { lease } = claimed!;
    await expect(issuer.progress.recordStep(lease, 'authorized', note)).rejects.toThrow(LeaseLostError);
    await expect(issuer.progress.fail(lease, { code: 'ca_refused', reason: 'no' }, note)).rejects.toThrow(
      LeaseLostError,
    );
    expect(await issuer.row(id!)).toMatchObject({ status: 'issuing', step: 'queued' });
  });

  it('gives a released order back as it was', async () => {
    const ids = await orders(1);
    const [claimed] = await issuer.claim('stopping', 1);
    await issuer.queue.release([claimed!.lease]);
    expect(await claim('other', 1)).toEqual(ids);
  });

  it("keeps a suspended device's order until the device is resumed", async () => {
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await database.dataSource.query(`UPDATE devices SET state = 'suspended'`);
    expect(await claim('a', 1)).toEqual([]);
    await database.dataSource.query(`UPDATE devices SET state = 'active'`);
    expect(await claim('a', 1)).toEqual([orderId]);
  });

  it('fails the orders of a removed device', async () => {
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await database.dataSource.query(`UPDATE devices SET state = 'deleted'`);
    expect(await claim('a', 1)).toEqual([]);
    const now = issuer.clock.now();
    expect(await database.dataSource.transaction((transaction) => issuer.hopeless.fail(transaction, now))).toBe(1);
    expect(await issuer.read(device, orderId)).toMatchObject({ status: 'failed', reason: 'The device was removed.' });
  });

  it('counts the line for the estimate', async () => {
    issuer = new TestIssuer(database, { ordersInFlight: 1 });
    const device = await aDevice(database.dataSource);
    await orders(4);
    const last = await issuer.order(device, aKey());
    const seconds = (Date.parse(last.estimatedAt!) - issuer.clock.now().getTime()) / 1000;
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThan(26);
  });

  it('counts the servers that work on the line for the estimate', async () => {
    const [first, second] = [1, 2].map(() => new TestIssuer(database, { clock: issuer.clock, ordersInFlight: 1 }));
    await Promise.all([first!.presence.show(), second!.presence.show()]);
    try {
      await orders(4);
      const last = await first!.order(await aDevice(database.dataSource));
      const seconds = (Date.parse(last.estimatedAt!) - first!.clock.now().getTime()) / 1000;
      expect(seconds).toBeGreaterThan(10);
      expect(seconds).toBeLessThan(16);
    } finally {
      await Promise.all([first!.presence.end(), second!.presence.end()]);
    }
  });
});
