import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { startApp, type EnrolledTestDevice, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { describeOnEachDatabase } from '../../support/database.js';

const DEVICES = 24;
const ROLLOVERS = 4;

interface Account {
  readonly id: string;
  readonly keySha256: string;
  readonly accountUrl: string | null;
}

describeOnEachDatabase("a change of the account's key through the API", (database) => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(database.url, { FLEETCERT_ORDERS_IN_FLIGHT: '8' });
    for (let round = 0; round < 200 && !(await account())?.accountUrl; round += 1) await sleep(100);
  });
  afterAll(() => server.stop());

  async function account(): Promise<Account | undefined> {
    const { body } = await server.admin.get('/v1/accounts').expect(200);
    return (body.items as Account[])[0];
  }

  async function order(device: EnrolledTestDevice): Promise<string> {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const csr = toPem(aCsr({ key, altNames: { dns: [device.name] } }));
    const { body } = await server.as(device.token).post('/v1/device/orders').send({ csr });
    return body.orderId as string;
  }

  it('is for administrators alone, is written down, and shows no key', async () => {
    const before = (await account())!;
    const { body: made } = await server.admin.post('/v1/api-keys').send({ role: 'operator' }).expect(201);
    await server
      .as(made.key as string)
      .post(`/v1/accounts/${before.id}/rollover`)
      .expect(403);
    expect((await account())!.keySha256).toBe(before.keySha256);

    const { body } = await server.admin.post(`/v1/accounts/${before.id}/rollover`).expect(200);
    expect(body).toMatchObject({ id: before.id, accountUrl: before.accountUrl, rolloverPendingSince: null });
    expect(body.keySha256).not.toBe(before.keySha256);
    expect(JSON.stringify(body)).not.toMatch(/PRIVATE|sealed/i);
    const { body: shown } = await server
      .as(made.key as string)
      .get(`/v1/accounts/${before.id}`)
      .expect(200);
    expect(shown).toMatchObject({ keySha256: body.keySha256, atCa: { status: 'valid' } });

    const { body: audit } = await server.admin.get('/v1/audit').expect(200);
    expect(audit.items).toContainEqual(
      expect.objectContaining({ action: 'POST /v1/accounts/:id/rollover', target: before.id, outcome: 'done' }),
    );
  });

  it('is refused for what is no account, and for fields', async () => {
    const { id } = (await account())!;
    await server.admin.post('/v1/accounts/00000000-0000-4000-8000-000000000000/rollover').expect(404);
    await server.admin.get('/v1/accounts/00000000-0000-4000-8000-000000000000').expect(404);
    await server.admin.post('/v1/accounts/x/rollover').expect(400);
    await server.admin.post(`/v1/accounts/${id}/rollover`).send({ key: 'x' }).expect(400);
  });

  it('again and again, while orders are on their way: every one of them is issued', async () => {
    const { id } = (await account())!;
    const devices: EnrolledTestDevice[] = [];
    for (let index = 0; index < DEVICES; index += 1) devices.push(await server.enroll());
    const orders = await Promise.all(devices.map(order));
    for (let turn = 0; turn < ROLLOVERS; turn += 1) {
      await server.admin.post(`/v1/accounts/${id}/rollover`).expect(200);
      await sleep(50);
    }
    const states = async (): Promise<Record<string, number>> => {
      const rows: { status: string; orders: number }[] = await database.dataSource.query(
        'SELECT status, count(*)::int AS orders FROM issuance_orders WHERE id = ANY ($1) GROUP BY status',
        [orders],
      );
      return Object.fromEntries(rows.map((row) => [row.status, row.orders]));
    };
    await expect.poll(states, { timeout: 60_000, interval: 200 }).toEqual({ issued: DEVICES });
  }, 90_000);
});
