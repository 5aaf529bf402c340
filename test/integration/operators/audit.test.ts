import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';

import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';

interface Entry {
  id: string;
  at: string;
  operatorId: string;
  role: string;
  action: string;
  target: string | null;
  details: Record<string, unknown>;
  clientAddress: string;
  requestId: string;
  status: number;
  outcome: string;
}

describeOnEachDatabase('the audit log', (database) => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(database.url, { FLEETCERT_TRUSTED_PROXIES: '127.0.0.1/32' });
  });
  afterAll(() => server.stop());

  const entries = async (query = ''): Promise<Entry[]> =>
    (await server.admin.get(`/v1/audit${query}`).expect(200)).body.items;

  it('tells who did what, when and from where', async () => {
    const { body: key } = await server.admin.post('/v1/api-keys').send({ role: 'operator' }).expect(201);
    const { deviceId } = await server.enroll();
    const { headers } = await server
      .as(key.key)
      .patch(`/v1/devices/${deviceId}`)
      .set('X-Forwarded-For', '192.0.2.7')
      .send({ note: 'moved to rack 7' })
      .expect(200);
    const [newest] = await entries();
    expect(newest).toMatchObject({
      operatorId: key.id,
      role: 'operator',
      action: 'PATCH /v1/devices/:id',
      target: deviceId,
      details: { note: 'moved to rack 7' },
      clientAddress: '192.0.2.7',
      status: 200,
      outcome: 'done',
    });
    expect(newest!.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-request-id']).toBe(newest!.requestId);
    expect(Math.abs(Date.parse(newest!.at) - Date.now())).toBeLessThan(10_000);
  });

  it('tells of refusals, too', async () => {
    await server.admin.post('/v1/api-keys').send({ role: 'king' }).expect(400);
    const [newest] = await entries();
    expect(newest).toMatchObject({ action: 'POST /v1/api-keys', status: 400, outcome: 'invalid_request' });
  });

  it('tells who signed in to the dashboard, and out of it, from where', async () => {
    const { body: key } = await server.admin.post('/v1/api-keys').send({ role: 'viewer' }).expect(201);
    const signedIn = await server.anyone
      .post('/sign-in')
      .set('X-Forwarded-For', '192.0.2.8')
      .type('form')
      .send({ credential: key.key })
      .expect(303);
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0]!;
    const page = await server.anyone.get('/').set('Cookie', cookie).expect(200);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1];
    await server.anyone.post('/sign-out').set('Cookie', cookie).type('form').send({ csrf }).expect(303);
    await expect
      .poll(async () => (await entries(`?operator=${key.id}`)).map(({ action }) => action))
      .toEqual(['POST /sign-out', 'POST /sign-in']);
    const [, first] = await entries(`?operator=${key.id}`);
    expect(first).toMatchObject({
      role: 'viewer',
      clientAddress: '192.0.2.8',
      details: {},
      outcome: 'done',
      status: 303,
    });
    expect(JSON.stringify(await entries())).not.toContain(key.key);
  });

  it('says nothing of a sign-in that was refused: nobody did anything', async () => {
    const before = (await entries())[0]?.id;
    await server.anyone.post('/sign-in').type('form').send({ credential: 'fco_wrong' }).expect(401);
    expect((await entries())[0]?.id).toBe(before);
  });

  it('says nothing of reading, and nothing of devices', async () => {
    const before = (await entries())[0]?.id;
    await server.admin.get('/v1/devices').expect(200);
    await server.anyone.post('/v1/enroll').send({ enrollmentKey: 'fck_no' }).expect(401);
    expect((await entries())[0]?.id).toBe(before);
  });

  it('holds no secret', async () => {
    const { body: key } = await server.admin.post('/v1/api-keys').send({ role: 'admin' }).expect(201);
    const { body: hook } = await server.admin
      .post('/v1/webhooks')
      .send({ url: 'http://127.0.0.1:9/token-in-the-path', events: ['*'] })
      .expect(201);
    await server.admin
      .post('/v1/enrollment-keys')
      .send({ note: `never ${key.key}` })
      .expect(201);
    const text = JSON.stringify(await entries());
    expect(text).toContain(key.id);
    expect(text).toContain(hook.id);
    for (const secret of [key.key, hook.secret, 'token-in-the-path']) expect(text).not.toContain(secret);
  });

  it('pages by cursor, and filters by operator', async () => {
    const { body: key } = await server.admin.post('/v1/api-keys').send({ role: 'operator' }).expect(201);
    for (let index = 0; index < 5; index += 1) {
      await server
        .as(key.key)
        .post('/v1/enrollment-keys')
        .send({ note: `n${index}` })
        .expect(201);
    }
    const first = await server.admin.get(`/v1/audit?operator=${key.id}&limit=3`).expect(200);
    const rest = await server.admin
      .get(`/v1/audit?operator=${key.id}&limit=3&cursor=${first.body.nextCursor}`)
      .expect(200);
    const notes = [...first.body.items, ...rest.body.items].map(({ details }: Entry) => details['note']);
    expect(notes).toEqual(['n4', 'n3', 'n2', 'n1', 'n0']);
    expect(rest.body.nextCursor).toBeNull();
  });

  it.each(['UPDATE audit_log SET outcome = $$x$$', 'DELETE FROM audit_log', 'TRUNCATE audit_log'])(
    'cannot be changed: %s',
    async (statement) => {
      await expect(server.app.get(DataSource).query(statement)).rejects.toThrow('the audit log is append-only');
    },
  );

  it('is for administrators', async () => {
    const { body: key } = await server.admin.post('/v1/api-keys').send({ role: 'operator' }).expect(201);
    await server.as(key.key).get('/v1/audit').expect(403);
  });
});
