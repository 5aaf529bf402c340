import { X509Certificate } from 'node:crypto';

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { DataSource } from 'typeorm';

import { MOST_ATTEMPTS } from '../../../src/operators/domain/delivery-retry.js';
import { isSignedBy } from '../../../src/operators/domain/webhook-signature.js';
import { recordEvents, type NewEvent } from '../../../src/platform/events/record-events.js';
import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import { aKey, csrOf } from '../issuer/support/test-issuer.js';
import { type Receiver, startReceiver, storeCertificate } from './support.js';

/** Servers of one group have one key. */
const SECRET_KEY = Buffer.alloc(32, 7).toString('base64');
const WAIT = { timeout: 10_000, interval: 20 };

describeOnEachDatabase('webhooks', (database) => {
  let server: TestApp;
  let dataSource: DataSource;
  let receiver: Receiver;

  beforeAll(async () => {
    server = await startApp(database.url, { FLEETCERT_SECRET_KEY: SECRET_KEY });
    dataSource = server.app.get(DataSource);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await dataSource.query(`DELETE FROM webhooks`);
    await receiver.stop();
  });

  async function hook(wanted: object = {}): Promise<{ id: string; secret: string }> {
    const { body } = await server.admin
      .post('/v1/webhooks')
      .send({ url: receiver.url, events: ['*'], ...wanted })
      .expect(201);
    return body;
  }

  const note = (changes: Partial<NewEvent> = {}) =>
    recordEvents(dataSource, [
      {
        type: 'zone.feed_lag',
        subject: { kind: 'zone', id: 'fleet.test' },
        message: 'Behind.',
        at: new Date(),
        ...changes,
      },
    ]);

  async function deliveries(id: string, query = ''): Promise<Record<string, unknown>[]> {
    return (await server.admin.get(`/v1/webhooks/${id}/deliveries${query}`).expect(200)).body.items;
  }

  it('deliver what happens, signed', async () => {
    await note({ message: 'Before the webhook was made.' });
    const { id, secret } = await hook();
    await note();
    await expect.poll(() => receiver.posts.length, WAIT).toBe(1);
    const { headers, body } = receiver.posts[0]!;
    expect(JSON.parse(body)).toMatchObject({
      type: 'zone.feed_lag',
      severity: 'warning',
      subject: { kind: 'zone', id: 'fleet.test' },
      message: 'Behind.',
    });
    const parts = { id: String(headers['webhook-id']), timestamp: Number(headers['webhook-timestamp']), body };
    expect(isSignedBy(secret, parts, String(headers['webhook-signature']))).toBe(true);
    expect(Math.abs(parts.timestamp - Date.now() / 1000)).toBeLessThan(30);
    await expect.poll(() => deliveries(id), WAIT).toMatchObject([{ state: 'delivered', attempts: 1, lastStatus: 200 }]);
  });

  it('show their secret once, and store it sealed', async () => {
    const { id, secret } = await hook();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { text } = await server.admin.get('/v1/webhooks').expect(200);
    expect(text).not.toContain(secret.slice(6));
    expect(JSON.parse(text)).toMatchObject({ items: [{ id, url: receiver.url, events: ['*'], includeChain: false }] });
    const [row] = await dataSource.query(`SELECT w::text AS row FROM webhooks w`);
    expect(row.row).not.toContain(secret.slice(6));
  });

  it('deliver what was asked for, and the end of an alarm that was asked for', async () => {
    await hook({ events: ['certificate.at_risk'] });
    const { deviceId, name } = await server.enroll();
    const subject = { kind: 'device', id: deviceId, name } as const;
    await note({ type: 'certificate.at_risk', subject });
    await note({ type: 'alarm.resolved', subject, data: { alarm: 'device.silent' } });
    await note({ type: 'alarm.resolved', subject, data: { alarm: 'certificate.at_risk' } });
    await expect.poll(() => receiver.posts.length, WAIT).toBe(2);
    expect(receiver.posts.map(({ body }) => JSON.parse(body).type).toSorted()).toEqual([
      'alarm.resolved',
      'certificate.at_risk',
    ]);
  });

  it('carry the chain with a certificate, where that is wanted', async () => {
    await hook({ events: ['certificate.issued'], includeChain: true });
    const { deviceId, name } = await server.enroll();
    const certificateId = await storeCertificate(dataSource, deviceId, 60);
    await note({
      type: 'certificate.issued',
      subject: { kind: 'device', id: deviceId, name },
      data: { certificateId },
    });
    await expect.poll(() => receiver.posts.length, WAIT).toBe(1);
    expect(JSON.parse(receiver.posts[0]!.body).chain).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  });

  it('carry the chain of a certificate that the CA has just issued, and its revocation', async () => {
    await hook({ events: ['certificate.issued', 'certificate.revoked'], includeChain: true });
    const { token, name, deviceId } = await server.enroll();
    const call = server.as(token);
    await call
      .post('/v1/device/orders')
      .send({ csr: csrOf(aKey(), [name]) })
      .expect(202);
    await expect.poll(() => receiver.posts.length, { timeout: 25_000, interval: 50 }).toBe(1);
    const { chain, subject, data } = JSON.parse(receiver.posts[0]!.body);
    const leaf = new X509Certificate(chain);
    expect(leaf.subjectAltName).toContain(`DNS:${name}`);
    expect(subject).toEqual({ kind: 'device', id: deviceId, name });
    expect(data.names).toEqual([name]);
    await call.post('/v1/device/certificate/revoke').send({ reason: 'superseded' });
    await expect.poll(() => receiver.posts.length, WAIT).toBe(2);
    expect(JSON.parse(receiver.posts[1]!.body)).toMatchObject({
      type: 'certificate.revoked',
      data: { reason: 'superseded', serial: data.serial },
    });
    const { text } = await server.anyone.get('/metrics').expect(200);
    expect(text).toMatch(/^fleetcert_order_runs_total\{outcome="issued"\} [1-9]/m);
  });

  it('try again under the same id, and give up in the end for all to see', async () => {
    const { id } = await hook();
    receiver.statuses.push(503, 302);
    await note();
    await expect
      .poll(() => deliveries(id), WAIT)
      .toMatchObject([{ state: 'pending', attempts: 1, lastStatus: 503, lastError: 'the receiver answered 503' }]);
    const due = async (attempts: number) => {
      await dataSource.query(`UPDATE webhook_deliveries SET next_attempt_at = now(), attempts = $1`, [attempts]);
      await note({ type: 'operator.signed_in', subject: { kind: 'operator', id: 'x' }, message: 'Wake.' });
    };
    await due(1);
    // A redirect is an answer like any other that is not 2xx.
    await expect.poll(() => deliveries(id, '?limit=1&state=pending'), WAIT).toMatchObject([{ lastStatus: 302 }]);
    receiver.statuses.push(...Array.from({ length: 10 }, () => 500));
    await due(MOST_ATTEMPTS - 1);
    await expect.poll(() => deliveries(id, '?state=dead'), WAIT).not.toEqual([]);
    receiver.statuses.length = 0;
    const ids = receiver.posts
      .filter(({ body }) => body.includes('Behind.'))
      .map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThanOrEqual(3);
    expect(new Set(ids).size).toBe(1);
    const { body } = await server.admin.post(`/v1/webhooks/${id}/retry`).expect(200);
    expect(body.retried).toBeGreaterThan(0);
    await expect.poll(() => deliveries(id, '?state=dead'), WAIT).toEqual([]);
  });

  it('wait for a receiver that is not there', async () => {
    const { id } = await hook({ url: `http://127.0.0.1:${await freePort()}/` });
    await note();
    await expect
      .poll(() => deliveries(id), WAIT)
      .toMatchObject([
        { state: 'pending', attempts: 1, lastStatus: null, lastError: expect.stringContaining('ECONNREFUSED') },
      ]);
  });

  it('are sent once when several servers look for them', async () => {
    const other = await startApp(database.url, { FLEETCERT_SECRET_KEY: SECRET_KEY });
    try {
      const { id } = await hook();
      await Promise.all(Array.from({ length: 20 }, (_, index) => note({ message: `number ${index}` })));
      await expect.poll(() => deliveries(id, '?state=delivered'), WAIT).toHaveLength(20);
      expect(new Set(receiver.posts.map(({ headers }) => headers['webhook-id'])).size).toBe(20);
      expect(receiver.posts).toHaveLength(20);
    } finally {
      await other.stop();
    }
  });

  it.each([
    'ftp://10.1.1.4/',
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fe80::1]/',
    'http://2852039166/',
    'http://user:password@10.1.1.4/',
    'nonsense',
  ])('are not made for %s', async (url) => {
    const { body } = await server.admin
      .post('/v1/webhooks')
      .send({ url, events: ['*'] })
      .expect(400);
    expect(body.errors[0].field).toBe('url');
  });

  it('are not sent to a forbidden address that was stored all the same', async () => {
    const { id } = await hook();
    await dataSource.query(`UPDATE webhooks SET url = 'http://169.254.169.254/'`);
    await note();
    await expect
      .poll(() => deliveries(id), WAIT)
      .toMatchObject([{ state: 'pending', lastError: '169.254.169.254 is no address for a webhook' }]);
  });

  it('are for administrators alone, and end when they are deleted', async () => {
    const { body: made } = await server.admin.post('/v1/api-keys').send({ role: 'operator' }).expect(201);
    await server.as(made.key).get('/v1/webhooks').expect(403);
    const { id } = await hook();
    await server.admin.delete(`/v1/webhooks/${id}`).expect(204);
    await server.admin.delete(`/v1/webhooks/${id}`).expect(404);
    await server.admin.get(`/v1/webhooks/${id}/deliveries`).expect(404);
    await server.admin.post('/v1/webhooks').send({ url: receiver.url, events: [] }).expect(400);
    await server.admin
      .post('/v1/webhooks')
      .send({ url: receiver.url, events: ['nothing'] })
      .expect(400);
  });
});
