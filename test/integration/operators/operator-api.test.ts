import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { TsigKeys } from '../../../src/ddns/transfer/tsig-keys.js';
import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';

describeOnEachDatabase('the operator API', (database) => {
  let server: TestApp;
  let dns: Resolver;

  beforeAll(async () => {
    server = await startApp(database.url);
    dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
  });
  afterAll(() => server.stop());

  it('shows an enrollment key once, and never lists it', async () => {
    const made = await server.admin.post('/v1/enrollment-keys').send({ maxUses: 5, note: 'rack 7' }).expect(201);
    expect(Object.keys(made.body).toSorted()).toEqual(['id', 'key']);
    const { body } = await server.admin.get('/v1/enrollment-keys').expect(200);
    expect(body.nextCursor).toBeNull();
    expect(body.items).toContainEqual(
      expect.objectContaining({ id: made.body.id, maxUses: 5, uses: 0, note: 'rack 7' }),
    );
    expect(JSON.stringify(body)).not.toContain('fck_');
  });

  it.each([
    [{ maxUses: 0 }, 'maxUses', 400],
    [{ maxUses: 1.5 }, 'maxUses', 400],
    [{ expiresAt: 'tomorrow' }, 'expiresAt', 400],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', 400],
    [{ zones: 'x' }, 'zones', 400],
  ])('refuses the enrollment key %j, naming the field', async (wanted, field, status) => {
    const { body } = await server.admin.post('/v1/enrollment-keys').send(wanted).expect(status);
    expect(body.errors[0].field).toBe(field);
  });

  it.each([
    ['post', '/v1/enrollment-keys', { note: 'a\0b' }],
    ['post', '/v1/enrollment-keys', { group: '\ud800' }],
    ['post', '/v1/enrollment-keys', { expiresAt: 99999999999999 }],
    ['post', '/v1/enrollment-keys', { expiresAt: '2031' }],
    ['post', '/v1/enrollment-keys', { expiresAt: '2031-02-30T00:00:00Z' }],
    ['post', '/v1/enrollment-keys', { expiresAt: '2031-02-03T00:00:00' }],
    ['post', '/v1/enrollment-keys', { expiresAt: true }],
    ['get', '/v1/devices?q=%00', undefined],
    ['get', `/v1/devices?cursor=${Buffer.from('["2026-99-99T00:00:00Z","x"]').toString('base64url')}`, undefined],
    ['get', '/v1/devices/not-a-uuid', undefined],
  ] as const)('answers %s %s %j with 400 and a problem document', async (method, path, body) => {
    const call = server.admin[method](path);
    const answer = await (body === undefined
      ? call
      : call.set('Content-Type', 'application/json').send(JSON.stringify(body)));
    expect(answer.status).toBe(400);
    expect(answer.body.type).toBe('urn:fleetcert:problem:invalid_request');
  });

  it('refuses null where a switch is asked for', async () => {
    const device = await server.enroll();
    await server.admin.patch(`/v1/devices/${device.deviceId}`).send({ wildcard: null }).expect(400);
    await server.as(device.token).post('/v1/device/token').send({ x: 1 }).expect(400);
  });

  it('pages through enrollment keys and API keys', async () => {
    for (const path of ['/v1/enrollment-keys', '/v1/api-keys']) {
      for (let i = 0; i < 3; i++)
        await server.admin
          .post(path)
          .send({ ...(path.includes('api') && { role: 'viewer' }) })
          .expect(201);
      const all = (await server.admin.get(path).expect(200)).body.items as { id: string }[];
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null && seen.length < 200) {
        const { body }: { body: { items: { id: string }[]; nextCursor: string | null } } = await server.admin
          .get(`${path}?limit=2${cursor && `&cursor=${cursor}`}`)
          .expect(200);
        expect(body.items.length).toBeLessThanOrEqual(2);
        seen.push(...body.items.map(({ id }) => id));
        cursor = body.nextCursor;
      }
      expect(seen).toEqual(all.map(({ id }) => id));
    }
  });

  it('refuses an enrollment key for a zone that is not served', async () => {
    const { body } = await server.admin.post('/v1/enrollment-keys').send({ zone: 'example.com' }).expect(404);
    expect(body.type).toBe('urn:fleetcert:problem:unknown_zone');
  });

  it('pages through devices without losing or repeating one while others enroll', async () => {
    const first = await Promise.all(Array.from({ length: 7 }, () => server.enroll()));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: { items: { deviceId: string }[]; nextCursor: string | null } } = await server.admin
        .get(`/v1/devices?limit=3${cursor ? `&cursor=${cursor}` : ''}`)
        .expect(200);
      expect(body.items.length).toBeLessThanOrEqual(3);
      seen.push(...body.items.map((item) => item.deviceId));
      cursor = body.nextCursor;
      await server.enroll();
      if (seen.length > 100) break;
    } while (cursor && seen.length < 20);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(first.map((device) => device.deviceId)));
  });

  it('finds a device by name, address and hardware id, and filters by group and state', async () => {
    const key = await server.enrollmentKey({ group: 'annex' });
    const { body: device } = await server.anyone
      .post('/v1/enroll')
      .send({ enrollmentKey: key, hardwareId: 'PBX-77', addresses: ['10.77.0.1'] })
      .expect(201);
    for (const query of [`q=${device.name}`, 'q=pbx-77', 'q=10.77.0.1', 'group=annex', 'group=annex&state=active']) {
      const { body } = await server.admin.get(`/v1/devices?${query}`).expect(200);
      expect(body.items.map((item: { deviceId: string }) => item.deviceId)).toEqual([device.deviceId]);
    }
    expect((await server.admin.get('/v1/devices?group=annex&state=suspended').expect(200)).body.items).toEqual([]);
  });

  it.each(['limit=0', 'limit=x', 'cursor=abc', 'state=lost', 'unknown=1'])('refuses the query ?%s', async (query) => {
    await server.admin.get(`/v1/devices?${query}`).expect(400);
  });

  it('lets a suspended device read what is its own and nothing more, until it is resumed', async () => {
    const device = await server.enroll({ addresses: ['10.0.0.1'] });
    const caller = server.as(device.token);
    await server.admin.post(`/v1/devices/${device.deviceId}/suspend`).expect(200);
    expect((await caller.get('/v1/device').expect(200)).body.state).toBe('suspended');
    const { body } = await caller
      .put('/v1/device/addresses')
      .send({ addresses: ['10.0.0.2'] })
      .expect(403);
    expect(body.type).toBe('urn:fleetcert:problem:device_suspended');
    expect(await dns.resolve4(device.name)).toEqual(['10.0.0.1']);
    await server.admin.post(`/v1/devices/${device.deviceId}/resume`).expect(200);
    await caller
      .put('/v1/device/addresses')
      .send({ addresses: ['10.0.0.2'] })
      .expect(200);
  });

  it('deletes a device: no records, no credential, and its hardware may enroll again under another name', async () => {
    const device = await server.enroll({ hardwareId: 'SN-GONE', addresses: ['10.0.0.1'] });
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
    await expect(dns.resolve4(device.name)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await server.as(device.token).get('/v1/device').expect(401);
    await server.admin.get(`/v1/devices/${device.deviceId}`).expect(404);
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(404);
    const again = await server.enroll({ hardwareId: 'SN-GONE' });
    expect(again.name).not.toBe(device.name);
  });

  it('deletes a device with its update keys, or not at all', async () => {
    const device = await server.enroll({ addresses: ['10.0.0.1'] });
    await server.as(device.token).post('/v1/device/access').send({ door: 'rfc2136' }).expect(201);
    vi.spyOn(server.app.get(TsigKeys), 'deleteForDevice').mockRejectedValueOnce(new Error('cut short'));
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(500);
    expect(await dns.resolve4(device.name)).toEqual(['10.0.0.1']);
    expect((await server.as(device.token).get('/v1/device/access').expect(200)).body.items).toHaveLength(1);

    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
    expect(
      await database.dataSource.query(
        `SELECT (SELECT count(*)::int FROM device_access WHERE device_id = $1) AS access,
                (SELECT count(*)::int FROM tsig_keys WHERE device_id = $1 AND deleted_at IS NULL) AS keys`,
        [device.deviceId],
      ),
    ).toEqual([{ access: 0, keys: 0 }]);
  });

  it('answers *.<device> once the wildcard is set', async () => {
    const device = await server.enroll({ addresses: ['10.5.0.1'] });
    await expect(dns.resolve4(`www.${device.name}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const { body } = await server.admin
      .patch(`/v1/devices/${device.deviceId}`)
      .send({ wildcard: true, note: 'lab', group: 'g' })
      .expect(200);
    expect(body).toMatchObject({ wildcard: true, note: 'lab', group: 'g' });
    expect(await dns.resolve4(`www.${device.name}`)).toEqual(['10.5.0.1']);
    await server.admin.patch(`/v1/devices/${device.deviceId}`).send({ wildcard: false, note: null }).expect(200);
    await expect(dns.resolve4(`mail.${device.name}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('gives each role its calls and no others', async () => {
    const keyOf = async (role: string): Promise<string> =>
      (await server.admin.post('/v1/api-keys').send({ role }).expect(201)).body.key;
    const [viewer, operator] = [server.as(await keyOf('viewer')), server.as(await keyOf('operator'))];
    await viewer.get('/v1/fleet').expect(200);
    await viewer.get('/v1/devices').expect(200);
    const refused = await viewer.post('/v1/enrollment-keys').send({}).expect(403);
    expect(refused.body.detail).toContain('operator');
    await operator.post('/v1/enrollment-keys').send({}).expect(201);
    await operator.get('/v1/api-keys').expect(403);
    await operator.post('/v1/api-keys').send({ role: 'admin' }).expect(403);
  });

  it('ends an API key when it is revoked', async () => {
    const { body } = await server.admin.post('/v1/api-keys').send({ role: 'viewer' }).expect(201);
    await server.as(body.key).get('/v1/fleet').expect(200);
    await server.admin.delete(`/v1/api-keys/${body.id}`).expect(204);
    await server.as(body.key).get('/v1/fleet').expect(401);
  });

  it('refuses a device credential on every operator call', async () => {
    const device = await server.enroll();
    const caller = server.as(device.token);
    for (const path of [
      '/v1/fleet',
      '/v1/devices',
      '/v1/enrollment-keys',
      '/v1/api-keys',
      `/v1/devices/${device.deviceId}`,
    ]) {
      await caller.get(path).expect(401);
    }
  });

  it('summarizes the fleet', async () => {
    const { body } = await server.admin.get('/v1/fleet').expect(200);
    expect(body.devices.total).toBeGreaterThan(0);
    expect(body.certificates.none).toBeGreaterThan(0);
    expect(body.zones).toEqual([{ zone: 'fleet.test', serial: expect.any(Number) }]);
    expect(body.queue).toMatchObject({ queued: 0, issuing: 0, deferred: 0 });
  });

  it('answers 503 with Retry-After while the database is away, goes on answering DNS, and resumes', async () => {
    const device = await server.enroll({ addresses: ['10.0.0.1'] });
    await database.interrupt();
    try {
      const { body, headers } = await server.as(device.token).get('/v1/device').expect(503);
      expect(body.type).toBe('urn:fleetcert:problem:unavailable');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(await dns.resolve4(device.name)).toEqual(['10.0.0.1']);
      await server.anyone.get('/health/ready').expect(503);
      await server.anyone.get('/health/live').expect(200);
    } finally {
      await database.restore();
    }
    await server
      .as(device.token)
      .put('/v1/device/addresses')
      .send({ addresses: ['10.0.0.7'] })
      .expect(200);
    expect(await dns.resolve4(device.name)).toEqual(['10.0.0.7']);
    await server.anyone.get('/health/ready').expect(200);
  });
});
