import { generateKeyPairSync } from 'node:crypto';
import { Logger } from '@nestjs/common';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { currentRequestId } from '../../../src/platform/logging/request-id.js';
import { logFields } from '../../../src/platform/logging/log-fields.js';
import { type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { describeOnEachDatabase } from '../../support/database.js';

interface Line {
  readonly text: string;
  readonly fields: Record<string, string>;
}

describeOnEachDatabase('the id of a request', (database) => {
  let server: TestApp;
  const lines: Line[] = [];

  beforeAll(async () => {
    server = await startApp(database.url);
    // What pino's mixin would put on each line.
    const note = (message: unknown, ...rest: unknown[]): void => {
      const text = [message, ...rest].find(
        (part, index) => typeof part === 'string' && (index > 0 || rest.length <= 1),
      );
      lines.push({ text: String(text), fields: logFields() });
    };
    Logger.overrideLogger({ log: note, warn: note, error: note, debug: note, verbose: note });
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await server.stop();
  });

  const order = (device: EnrolledTestDevice, requestId?: string) => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const call = server.as(device.token).post('/v1/device/orders');
    if (requestId !== undefined) call.set('X-Request-Id', requestId);
    return call.send({ csr: toPem(aCsr({ key, altNames: { dns: [device.name] } })) });
  };

  it("is the caller's where that is well-formed, and told in the answer", async () => {
    const { headers } = await server.admin.get('/v1/fleet').set('X-Request-Id', 'proxy-0001.A_b').expect(200);
    expect(headers['x-request-id']).toBe('proxy-0001.A_b');
  });

  it.each(['short', 'with space in it', 'a'.repeat(65), '-leading-hyphen', 'fco_abcdefghijkl', 'new\u00e4line-1234'])(
    'is a new one where the caller brings %j',
    async (brought) => {
      const { headers } = await server.admin
        .get('/v1/fleet')
        .set('X-Request-Id', Buffer.from(brought).toString('latin1'));
      expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    },
  );

  it('is told with refusals, those of bodies that cannot be read included', async () => {
    const { headers } = await server.admin
      .post('/v1/enrollment-keys')
      .set('X-Request-Id', 'broken-body-1')
      .set('Content-Type', 'application/json')
      .send('{')
      .expect(400);
    expect(headers['x-request-id']).toBe('broken-body-1');
  });

  it('stays with the order: on every line of its run and of its calls to the CA, whoever asks meanwhile', async () => {
    const [device, other] = [
      await server.enroll({ addresses: ['10.0.0.1'] }),
      await server.enroll({ addresses: ['10.0.0.2'] }),
    ];
    lines.length = 0;
    const [{ body }, { body: unrelated }] = await Promise.all([
      order(device, 'rollout-4711').expect(202),
      order(other, 'rollout-4712').expect(202),
    ]);
    for (const [one, id] of [
      [device, body.orderId],
      [other, unrelated.orderId],
    ] as const) {
      await expect
        .poll(async () => (await server.as(one.token).get(`/v1/device/orders/${id}`).expect(200)).body.status, {
          timeout: 20_000,
          interval: 100,
        })
        .toBe('issued');
    }
    const { body: shown } = await server.admin.get(`/v1/orders/${body.orderId}`).expect(200);
    expect(shown.requestId).toBe('rollout-4711');

    await expect
      .poll(() => lines.some(({ text, fields }) => text === 'order issued' && fields['orderId'] === body.orderId))
      .toBe(true);
    const ofRun = lines.filter(({ fields }) => fields['orderId'] === body.orderId);
    expect(new Set(ofRun.map(({ fields }) => fields['requestId']))).toEqual(new Set(['rollout-4711']));
    expect(ofRun.filter(({ text }) => text === 'the CA has answered').length).toBeGreaterThanOrEqual(4);
    const taken = lines.filter(({ text }) => text === 'order taken');
    expect(taken.map(({ fields }) => fields['requestId']).toSorted()).toEqual(['rollout-4711', 'rollout-4712']);
    expect(currentRequestId()).toBeUndefined();
  });

  it('is absent from an order that the server has made by itself', async () => {
    const device = await server.enroll();
    await database.dataSource.query(
      `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, step, step_at, queued_at, next_attempt_at, created_at, updated_at, ended_at)
       VALUES (gen_random_uuid(), $1, '\\x00', 'x', 'x', '{a.fleet.test}', 'issued', 'queued', now(), now(), now(), now(), now(), now())`,
      [device.deviceId],
    );
    const { body } = await server.admin.get(`/v1/orders?status=issued&device=${device.deviceId}`).expect(200);
    expect(body.items[0].requestId).toBeNull();
  });
});
