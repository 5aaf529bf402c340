import { createHash, X509Certificate } from 'node:crypto';
import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { IssuerUpkeep } from '../../../src/issuer/upkeep/issuer-upkeep.js';
import { type Caller, type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { aKey, csrOf } from './support/test-issuer.js';

const ISSUE_SECONDS = 30;

async function untilIssued(call: Caller, orderId: string): Promise<Record<string, unknown>> {
  const deadline = Date.now() + ISSUE_SECONDS * 1000;
  for (;;) {
    const { body } = await call.get(`/v1/device/orders/${orderId}`).expect(200);
    if (body.status === 'issued') return body as Record<string, unknown>;
    if (Date.now() > deadline) throw new Error(`not issued: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describeOnEachDatabase("the device's order and certificate calls", (database) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(database.url);
  });
  afterAll(() => app?.stop());

  const enrolled = async (): Promise<EnrolledTestDevice & { call: Caller }> => {
    const device = await app.enroll();
    return { ...device, call: app.as(device.token) };
  };

  const withCertificate = async (): Promise<EnrolledTestDevice & { call: Caller; csr: string; orderId: string }> => {
    const device = await enrolled();
    const csr = csrOf(aKey(), [device.name]);
    const { body } = await device.call.post('/v1/device/orders').send({ csr }).expect(202);
    await untilIssued(device.call, body.orderId as string);
    return { ...device, csr, orderId: body.orderId as string };
  };

  it('take a CSR, say when to come back, and end with a certificate of the sandbox CA', async () => {
    const device = await enrolled();
    const answer = await device.call
      .post('/v1/device/orders')
      .send({ csr: csrOf(aKey(), [device.name, `*.${device.name}`]) })
      .expect(202);
    expect(answer.body).toMatchObject({ names: [`*.${device.name}`, device.name] });
    expect(['queued', 'issuing']).toContain(answer.body.status);
    expect(answer.headers['location']).toBe(`/v1/device/orders/${answer.body.orderId}`);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Date.parse(answer.body.estimatedAt)).toBeGreaterThan(Date.now() - 1000);

    const issued = await untilIssued(device.call, answer.body.orderId);
    expect(issued['certificateUrl']).toMatch(/\/v1\/device\/certificate$/);
    expect(issued).not.toHaveProperty('reason');

    const pem = await device.call.get('/v1/device/certificate').buffer(true).expect(200);
    expect(pem.headers['content-type']).toBe('application/pem-certificate-chain');
    const leaf = new X509Certificate(pem.text);
    expect(leaf.subjectAltName).toContain(`DNS:${device.name}`);
    const { body } = await device.call.get('/v1/device').expect(200);
    expect(body).toMatchObject({
      order: { status: 'issued' },
      certificate: { names: [`*.${device.name}`, device.name] },
    });
    expect(Date.parse(body.renewAt)).toBeLessThan(Date.parse(body.certificate.notAfter));
  });

  it('answer the certificate as JSON where that is asked for, and 304 for a known one', async () => {
    const { call } = await withCertificate();
    const json = await call.get('/v1/device/certificate').set('Accept', 'application/json').expect(200);
    const leaf = new X509Certificate(json.body.pem);
    expect(json.body).toMatchObject({
      serial: expect.stringMatching(/^[0-9a-f]+$/),
      sha256: createHash('sha256').update(leaf.raw).digest('hex'),
      notAfter: new Date(leaf.validTo).toISOString(),
      secondsLeft: expect.any(Number),
    });
    expect(json.headers['vary']).toContain('Accept');

    const pem = await call.get('/v1/device/certificate').set('Accept', '*/*').expect(200);
    const tag = pem.headers['etag'] as string;
    await call.get('/v1/device/certificate').set('If-None-Match', tag).expect(304);
    await call.get('/v1/device/certificate').set('If-None-Match', '"another"').expect(200);
    await call
      .get('/v1/device/certificate')
      .set('Accept', 'application/json')
      .set('If-None-Match', json.headers['etag'] as string)
      .expect(304);
  });

  it('answer 200 with the issued order for a CSR that was issued', async () => {
    const { call, csr, orderId } = await withCertificate();
    const answer = await call.post('/v1/device/orders').send({ csr }).expect(200);
    expect(answer.body).toMatchObject({ orderId, status: 'issued' });
    expect(answer.headers['retry-after']).toBeUndefined();
  });

  it('answer 404 for a certificate that is not there yet', async () => {
    const { call } = await enrolled();
    const { body } = await call.get('/v1/device/certificate').expect(404);
    expect(body.type).toBe('urn:fleetcert:problem:no_certificate');
    await call.post('/v1/device/certificate/revoke').send({}).expect(404);
  });

  it('revoke, after which the certificate is gone and the device may order again', async () => {
    const { call, csr } = await withCertificate();
    const { body } = await call.post('/v1/device/certificate/revoke').send({ reason: 'keyCompromise' }).expect(202);
    expect(body).toMatchObject({ reason: 'keyCompromise', serial: expect.any(String) });
    await call.get('/v1/device/certificate').expect(404);
    const again = await call.post('/v1/device/certificate/revoke').send({}).expect(409);
    expect(again.body.type).toBe('urn:fleetcert:problem:already_revoked');
    const refused = await call.post('/v1/device/orders').send({ csr }).expect(422);
    expect(refused.body.detail).toContain('compromised');
  });

  it("answer 404 for another device's order and for what is no identifier", async () => {
    const { orderId } = await withCertificate();
    const { call } = await enrolled();
    for (const path of [orderId, 'nothing', '00000000-0000-4000-8000-000000000000']) {
      const { body } = await call.get(`/v1/device/orders/${path}`).expect(404);
      expect(body.type).toBe('urn:fleetcert:problem:not_found');
    }
  });

  it.each([
    ['no CSR', {}, 400, 'invalid_request'],
    ['a CSR that is a number', { csr: 7 }, 400, 'invalid_request'],
    ['an unknown field', { csr: 'x', wildcard: true }, 400, 'invalid_request'],
    ['something that is no CSR', { csr: 'hello' }, 422, 'csr_rejected'],
    ["somebody else's name", { csr: csrOf(aKey(), ['www.example.com']) }, 422, 'csr_rejected'],
  ])('refuse %s', async (_what, body, status, code) => {
    const { call } = await enrolled();
    const answer = await call.post('/v1/device/orders').send(body).expect(status);
    expect(answer.body.type).toBe(`urn:fleetcert:problem:${code}`);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect((await call.get('/v1/device').expect(200)).body.order).toBeNull();
  });

  it.each([{ reason: 'cACompromise' }, { reason: 6 }, { reason: 'keyCompromise', extra: 1 }])(
    'refuse a revocation with %j',
    async (body) => {
      const { call } = await withCertificate();
      const answer = await call.post('/v1/device/certificate/revoke').send(body).expect(400);
      expect(answer.body.errors).not.toEqual([]);
      await call.get('/v1/device/certificate').expect(200);
    },
  );

  it('let a suspended device read but not order', async () => {
    const device = await withCertificate();
    await database.dataSource.query(`UPDATE devices SET state = 'suspended' WHERE id = $1`, [device.deviceId]);
    const { body } = await device.call
      .post('/v1/device/orders')
      .send({ csr: csrOf(aKey(), [device.name]) })
      .expect(403);
    expect(body.type).toBe('urn:fleetcert:problem:device_suspended');
    await device.call.get('/v1/device/certificate').expect(200);
    await device.call.get(`/v1/device/orders/${device.orderId}`).expect(200);
  });

  it.each([0, 20, 60, 120, 250])(
    'leave no certificate unrevoked, and no TXT record, of a device that is deleted %i ms after its order',
    async (milliseconds) => {
      const { call, ...device } = await enrolled();
      const { body } = await call
        .post('/v1/device/orders')
        .send({ csr: csrOf(aKey(), [device.name]) })
        .expect(202);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await app.admin.delete(`/v1/devices/${device.deviceId}?revoke=true`).expect(204);
      await expect
        .poll(
          async () => {
            await app.app.get(IssuerUpkeep).round();
            const rows: { open: boolean }[] = await database.dataSource.query(
              `SELECT status NOT IN ('issued', 'failed') OR lease_id IS NOT NULL AS open FROM issuance_orders WHERE id = $1`,
              [body.orderId],
            );
            return rows[0]!.open;
          },
          { timeout: 20_000 },
        )
        .toBe(false);
      expect(
        await database.dataSource.query(
          `SELECT revocation_reason FROM certificates WHERE device_id = $1 AND revoked_at IS NULL`,
          [device.deviceId],
        ),
      ).toEqual([]);
      const dns = new Resolver({ timeout: 1000, tries: 2 });
      dns.setServers([`127.0.0.1:${app.dnsPort}`]);
      await expect
        .poll(() => dns.resolveTxt(`_acme-challenge.${device.name}`).catch((error: Error) => error.message))
        .toContain('ENOTFOUND');
    },
  );

  it('need a credential', async () => {
    const answer = await app.anyone.post('/v1/device/orders').send({ csr: 'x' }).expect(401);
    expect(answer.body.type).toBe('urn:fleetcert:problem:unauthorized');
    await app.anyone.get('/v1/device/certificate').expect(401);
  });
});
