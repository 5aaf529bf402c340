import { createPrivateKey } from 'node:crypto';

import { beforeEach, expect, it } from 'vitest';

import type { Device } from '../../../src/devices/domain/device.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { problem } from './support/fake-ca.js';
import { aDevice, aKey, csrOf, resetIssuer, TestIssuer } from './support/test-issuer.js';

const SECRET_KEY = Buffer.alloc(32, 7);

describeOnEachDatabase('a CSR that a device sends', (database) => {
  let issuer: TestIssuer;
  let device: Device;
  beforeEach(async () => {
    await resetIssuer(database);
    issuer = new TestIssuer(database, { secretKey: SECRET_KEY });
    device = await aDevice(database.dataSource);
  });

  const countOrders = async (): Promise<number> =>
    ((await database.dataSource.query(`SELECT count(*)::int AS n FROM issuance_orders`)) as { n: number }[])[0]!.n;

  it('gets the same order while that is open', async () => {
    const csr = csrOf(aKey(), [device.name]);
    const first = await issuer.intake.submit(device, csr);
    expect(await issuer.intake.submit(device, csr)).toMatchObject({ orderId: first.orderId, status: 'queued' });
    await issuer.claim('a', 1);
    expect(await issuer.intake.submit(device, csr)).toMatchObject({ orderId: first.orderId, status: 'issuing' });
    expect(await countOrders()).toBe(1);
  });

  it('made anew for the same key and names gets the open order too', async () => {
    const key = aKey();
    const first = await issuer.order(device, key);
    expect(await issuer.order(device, key)).toMatchObject({ orderId: first.orderId });
  });

  it('makes one order when it arrives several times at once', async () => {
    const csr = csrOf(aKey(), [device.name]);
    const answers = await Promise.all(Array.from({ length: 5 }, () => issuer.intake.submit(device, csr)));
    expect(new Set(answers.map(({ orderId }) => orderId)).size).toBe(1);
  });

  it('gets the issued order while its certificate serves', async () => {
    const csr = csrOf(aKey(), [device.name]);
    const { orderId } = await issuer.intake.submit(device, csr);
    await issuer.runDue();
    expect(await issuer.intake.submit(device, csr)).toMatchObject({ orderId, status: 'issued' });
  });

  it('makes a new order when its certificate is due for renewal', async () => {
    const csr = csrOf(aKey(), [device.name]);
    const { orderId } = await issuer.intake.submit(device, csr);
    await issuer.runDue();
    issuer.clock.advanceSeconds(75 * 86_400);
    const renewal = await issuer.intake.submit(device, csr);
    expect(renewal).toMatchObject({ status: 'queued' });
    expect(renewal.orderId).not.toBe(orderId);
  });

  it('supersedes the waiting order of an older CSR and keeps its place in the line', async () => {
    const older = await issuer.order(device);
    issuer.clock.advanceSeconds(60);
    const neighbour = await issuer.order(await aDevice(database.dataSource));
    issuer.clock.advanceSeconds(60);
    const newer = await issuer.order(device);
    expect(await issuer.read(device, older.orderId)).toMatchObject({
      status: 'failed',
      reason: `The device sent a newer CSR: order ${newer.orderId} takes its place.`,
    });
    const claimed = await issuer.claim('a', 2);
    expect(claimed.map(({ order }) => order.id)).toEqual([newer.orderId, neighbour.orderId]);
  });

  it("goes on with the superseded order's order at the CA", async () => {
    await issuer.order(device);
    issuer.ca.fail('getAuthorization', problem('serverInternal', 500));
    await issuer.runDue();
    expect(issuer.ca.orders).toHaveLength(1);
    issuer.clock.advanceSeconds(70);
    const newer = await issuer.order(device);
    issuer.ca.handsBackPendingOrders = false;
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(await issuer.read(device, newer.orderId)).toMatchObject({ status: 'issued' });
    expect(issuer.ca.orders).toHaveLength(1);
  });

  it('is refused with 409 while a server works on another one, and says when to come back', async () => {
    const first = await issuer.order(device);
    await issuer.claim('a', 1);
    await expect(issuer.order(device)).rejects.toMatchObject({
      code: 'order_open',
      retryAfterSeconds: 15,
      detail: expect.stringContaining(first.orderId),
    });
    expect(await countOrders()).toBe(1);
  });

  it('is refused with 409 when the CA may have the CSR of the other one', async () => {
    await issuer.order(device);
    issuer.ca.fail('finalize', problem('serverInternal', 500));
    await issuer.runDue();
    await expect(issuer.order(device)).rejects.toMatchObject({ code: 'order_open' });
    issuer.clock.advanceSeconds(70);
    expect(await issuer.runDue()).toEqual(['issued']);
  });

  it('flags both devices when the key belongs to another one', async () => {
    const [key, clone] = [aKey(), await aDevice(database.dataSource)];
    await issuer.order(device, key);
    await expect(issuer.order(clone, key)).rejects.toMatchObject({
      code: 'csr_rejected',
      detail: expect.stringContaining('belongs to another device'),
    });
    const flagged: { id: string }[] = await database.dataSource.query(
      `SELECT id FROM devices WHERE clone_suspected_at IS NOT NULL`,
    );
    expect(flagged.map(({ id }) => id).toSorted()).toEqual([device.deviceId, clone.deviceId].toSorted());
    expect(await countOrders()).toBe(1);
  });

  it('may be for the key of a device that was removed', async () => {
    const [key, again] = [aKey(), await aDevice(database.dataSource)];
    await issuer.order(device, key);
    await database.dataSource.query(`UPDATE devices SET state = 'deleted' WHERE id = $1`, [device.deviceId]);
    expect(await issuer.order(again, key)).toMatchObject({ status: 'queued' });
  });

  it('is rejected for the key of our ACME account', async () => {
    await issuer.setup.ready();
    const rows: { key_sealed: string }[] = await database.dataSource.query(`SELECT key_sealed FROM acme_accounts`);
    const accountKey = createPrivateKey(new SecretBox(SECRET_KEY).open(rows[0]!.key_sealed).toString());
    await expect(issuer.order(device, accountKey)).rejects.toMatchObject({
      code: 'csr_rejected',
      detail: expect.stringContaining('ACME account key'),
    });
  });

  it("is rejected for another device's name, and changes nothing", async () => {
    const other = await aDevice(database.dataSource);
    await expect(issuer.order(device, aKey(), [other.name])).rejects.toMatchObject({ code: 'csr_rejected' });
    expect(await countOrders()).toBe(0);
  });

  it('is refused from a device that was suspended a moment ago', async () => {
    await database.dataSource.query(`UPDATE devices SET state = 'suspended'`);
    await expect(issuer.order(device)).rejects.toMatchObject({ code: 'device_suspended' });
  });

  it('waits for the backoff after failures at the CA', async () => {
    const waits: number[] = [];
    for (let round = 0; round < 3; round++) {
      await issuer.order(device);
      issuer.ca.fail('newOrder', problem('rejectedIdentifier', 400));
      expect(await issuer.runDue()).toEqual(['failed']);
      const next = await issuer.order(device);
      expect(next).toMatchObject({ status: 'deferred' });
      expect(next.reason).toMatch(round === 0 ? /last order of this device failed/ : /orders of this device failed/);
      waits.push((Date.parse(next.estimatedAt!) - issuer.clock.now().getTime()) / 1000);
      expect(await issuer.runDue()).toEqual([]);
      issuer.clock.advanceSeconds(waits.at(-1)! + 1);
    }
    expect(waits.map((seconds) => Math.floor(Math.log10(seconds)))).toEqual([1, 2, 3]);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(await issuer.order(device)).toMatchObject({ status: 'queued' });
  });
});
