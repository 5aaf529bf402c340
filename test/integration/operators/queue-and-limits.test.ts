import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SandboxCaService } from '../../../src/acme-server/sandbox/sandbox-ca.service.js';
import { IssuerUpkeep } from '../../../src/issuer/upkeep/issuer-upkeep.js';
import { startApp, type EnrolledTestDevice, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { describeOnEachDatabase } from '../../support/database.js';

interface Level {
  readonly limit: string;
  readonly subject: string;
  readonly level: number;
}

describeOnEachDatabase('the queue and the limits, with the sandbox CA', (database) => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(database.url);
  });
  afterAll(() => server.stop());

  const key = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const order = async (device: EnrolledTestDevice, privateKey = key(), extra: object = {}) => {
    const csr = toPem(aCsr({ key: privateKey, altNames: { dns: [device.name] } }));
    return server
      .as(device.token)
      .post('/v1/device/orders')
      .send({ csr, ...extra });
  };
  const issued = async (device: EnrolledTestDevice, orderId: string): Promise<void> => {
    for (let round = 0; round < 200; round++) {
      const { body } = await server.as(device.token).get(`/v1/device/orders/${orderId}`).expect(200);
      if (body.status === 'issued') return;
      await sleep(100);
    }
    throw new Error('the order was not issued in time');
  };
  const level = async (limit: string): Promise<Level> => {
    const { body } = await server.admin.get('/v1/fleet').expect(200);
    return (body.buckets as Level[]).find((bucket) => bucket.limit === limit)!;
  };

  it("show every shared bucket's level, and what a certificate takes of it", async () => {
    expect(await level('certificates-per-domain')).toMatchObject({
      subject: 'fleet.test',
      capacity: 50,
      level: 50,
      secondsUntilFull: 0,
    });
    const device = await server.enroll();
    const { body } = await order(device);
    await issued(device, body.orderId);
    expect(await level('certificates-per-domain')).toMatchObject({ level: 49, reserved: 0 });
    expect(await level('new-orders')).toMatchObject({ capacity: 300, refillSeconds: 36 });
  });

  it('tell waiting orders their limit and their time, and an operator can set what is left', async () => {
    await server.admin.put('/v1/limits').send({ limit: 'certificates-per-domain', remaining: 0 }).expect(200);
    const device = await server.enroll();
    const { body: taken } = await order(device);
    expect(taken.status).toBe('queued');
    expect(taken.reason).toContain('new certificates in a registered domain (fleet.test)');
    const waits = Date.parse(taken.estimatedAt) - Date.now();
    expect(waits).toBeGreaterThan(3 * 3_600_000);

    const { body: queue } = await server.admin.get('/v1/orders?reason=limit').expect(200);
    expect(queue.items).toEqual([
      expect.objectContaining({ orderId: taken.orderId, status: 'queued', reasonCode: 'limit', name: device.name }),
    ]);
    const { body: fleet } = await server.admin.get('/v1/fleet').expect(200);
    expect(fleet.queue.reasons).toEqual([{ reason: expect.stringContaining('(fleet.test): 50 at once'), orders: 1 }]);
    await server.admin.put('/v1/limits').send({ limit: 'certificates-per-domain', remaining: 51 }).expect(400);
    await server.admin.put('/v1/limits').send({ limit: 'failed-authorizations', remaining: 1 }).expect(400);
    await server.admin.put('/v1/limits').send({ limit: 'certificates-per-domain', remaining: 40 }).expect(200);
    await issued(device, taken.orderId);
  });

  it('page the list of orders', async () => {
    const { body: first } = await server.admin.get('/v1/orders?status=issued&limit=1').expect(200);
    expect(first.items).toHaveLength(1);
    const { body: second } = await server.admin
      .get(`/v1/orders?status=issued&limit=1&cursor=${first.nextCursor}`)
      .expect(200);
    expect(second.items[0].orderId).not.toBe(first.items[0].orderId);
    await server.admin.get('/v1/orders?cursor=nonsense').expect(400);
    await server.admin.get('/v1/orders?status=lost').expect(400);
  });

  it('try a failed order again by hand, and refuse one that is issued', async () => {
    const device = await server.enroll();
    const { body: done } = await order(device);
    await issued(device, done.orderId);
    const { body: refusal } = await server.admin.post(`/v1/orders/${done.orderId}/retry`).expect(409);
    expect(refusal.type).toBe('urn:fleetcert:problem:order_not_retryable');

    const other = await server.enroll();
    await server.admin.put('/v1/limits').send({ limit: 'certificates-per-domain', remaining: 0 }).expect(200);
    const { body: failed } = await order(other);
    await database.dataSource.query(
      `UPDATE issuance_orders SET status = 'failed', reason_code = 'validation_failed', reason = 'no', ended_at = now() WHERE id = $1`,
      [failed.orderId],
    );
    const { body: retried } = await server.admin.post(`/v1/orders/${failed.orderId}/retry`).expect(202);
    expect(retried).toMatchObject({ status: 'queued', manual: true });
    await server.admin.put('/v1/limits').send({ limit: 'certificates-per-domain', remaining: 30 }).expect(200);
    await issued(other, failed.orderId);
  });

  it('foresee a rollout', async () => {
    await server.admin.put('/v1/limits').send({ limit: 'certificates-per-domain', remaining: 50 }).expect(200);
    const { body } = await server.admin.get('/v1/fleet/forecast?devices=1000').expect(200);
    expect(body).toMatchObject({
      devices: 1000,
      rollout: { binds: { limit: 'certificates-per-domain', subject: 'fleet.test' } },
    });
    const weeks = (Date.parse(body.rollout.endsAt) - Date.now()) / (7 * 86_400_000);
    expect(weeks).toBeGreaterThan(18);
    expect(weeks).toBeLessThan(20.5);
    const options = body.options as { kind: string; what: string; endsAt: string }[];
    expect(options.map(({ kind }) => kind)).toEqual(['override', 'domain', 'public-suffix']);
    for (const { endsAt } of options) expect(Date.parse(endsAt)).toBeLessThan(Date.parse(body.rollout.endsAt));
    await server.admin.get('/v1/fleet/forecast?devices=-1').expect(400);
  });

  it("move a device's renewal into the window of the CA's ARI, and to now when that is in the past", async () => {
    const device = await server.enroll();
    const privateKey = key();
    const { body: first } = await order(device, privateKey, { renewWhileAway: true });
    await issued(device, first.orderId);
    const upkeep = server.app.get(IssuerUpkeep);
    const poll = async () => {
      await database.dataSource.query(
        `UPDATE certificates SET ari_poll_at = now() - interval '1 second' WHERE ari_poll_at IS NOT NULL`,
      );
      await upkeep.round();
      const { body } = await server.as(device.token).get('/v1/device').expect(200);
      return body as { renewAt: string; certificate: { serial: string; notBefore: string; notAfter: string } };
    };
    const { renewAt, certificate } = await poll();
    const share =
      (Date.parse(renewAt) - Date.parse(certificate.notBefore)) /
      (Date.parse(certificate.notAfter) - Date.parse(certificate.notBefore));
    expect(Math.abs(share - 2 / 3)).toBeLessThan(0.0101);

    const [known]: { ari_cert_id: string }[] = await database.dataSource.query(
      `SELECT ari_cert_id FROM certificates WHERE order_id = $1`,
      [first.orderId],
    );
    await server.app.get(SandboxCaService).setRenewalWindow(known!.ari_cert_id, {
      start: new Date(Date.now() - 7_200_000),
      end: new Date(Date.now() - 3_600_000),
    });
    const moved = await poll();
    expect(Date.parse(moved.renewAt)).toBeLessThanOrEqual(Date.now());
    const { body: second } = await order(device, privateKey);
    expect(second.orderId).not.toBe(first.orderId);
    await issued(device, second.orderId);
    const rows: { replaces: string }[] = await database.dataSource.query(
      `SELECT replaces FROM issuance_orders WHERE id = $1`,
      [second.orderId],
    );
    expect(rows[0]!.replaces).toBe(known!.ari_cert_id);
  });

  it('are for operators of the right role', async () => {
    await server.anyone.get('/v1/orders').expect(401);
    const { body } = await server.admin.post('/v1/api-keys').send({ role: 'viewer', note: 'v' }).expect(201);
    const viewer = server.as(body.key ?? body.token);
    await viewer.get('/v1/orders').expect(200);
    await viewer.get('/v1/limits').expect(200);
    await viewer.put('/v1/limits').send({ limit: 'certificates-per-domain', remaining: 1 }).expect(403);
    await viewer.post('/v1/orders/00000000-0000-4000-8000-000000000000/retry').expect(403);
    await server.admin.post('/v1/orders/00000000-0000-4000-8000-000000000000/retry').expect(404);
  });
});
