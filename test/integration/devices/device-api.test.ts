import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { watchStatements } from '../../support/watch-statements.js';

describeOnEachDatabase('the device API', (database) => {
  let server: TestApp;
  let dns: Resolver;

  beforeAll(async () => {
    server = await startApp(database.url);
    dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
  });
  afterAll(() => server.stop());

  describe('POST /v1/enroll', () => {
    it('gives a device an opaque name, a credential, and records that are served at once', async () => {
      const key = await server.enrollmentKey({ group: 'lab' });
      const { body } = await server.anyone
        .post('/v1/enroll')
        .send({ enrollmentKey: key, hardwareId: 'SN-1', addresses: ['10.1.1.4', 'FD00::4'] })
        .expect(201);
      expect(body).toMatchObject({ zone: 'fleet.test', addresses: ['10.1.1.4', 'fd00::4'] });
      expect(body.name).toMatch(/^[a-z][a-z2-9]{15}\.fleet\.test$/);
      expect(body.token).toMatch(/^fcd_[\w-]{43}$/);
      expect(Math.abs(Date.parse(body.serverTime) - Date.now())).toBeLessThan(10_000);
      expect(await dns.resolve4(body.name)).toEqual(['10.1.1.4']);
      expect(await dns.resolve6(body.name)).toEqual(['fd00::4']);
    });

    it('refuses hardware that is enrolled already, and uses nothing up', async () => {
      const key = await server.enrollmentKey({ maxUses: 2 });
      await server.anyone.post('/v1/enroll').send({ enrollmentKey: key, hardwareId: 'SN-2' }).expect(201);
      const { body } = await server.anyone
        .post('/v1/enroll')
        .send({ enrollmentKey: key, hardwareId: 'SN-2' })
        .expect(409);
      expect(body.type).toBe('urn:fleetcert:problem:hardware_id_enrolled');
      await server.anyone.post('/v1/enroll').send({ enrollmentKey: key, hardwareId: 'SN-3' }).expect(201);
    });

    it('lets in as many as the key allows when all come at once', async () => {
      const key = await server.enrollmentKey({ maxUses: 3 });
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => server.anyone.post('/v1/enroll').send({ enrollmentKey: key })),
      );
      expect(answers.map((answer) => answer.status).toSorted()).toEqual([...Array(3).fill(201), ...Array(9).fill(401)]);
    });

    it.each([
      ['unknown', () => Promise.resolve(`fck_${'A'.repeat(43)}`)],
      ['malformed', () => Promise.resolve('not-a-key')],
    ])('refuses an %s key with 401', async (_kind, makeKey) => {
      const { body } = await server.anyone
        .post('/v1/enroll')
        .send({ enrollmentKey: await makeKey() })
        .expect(401);
      expect(body.type).toBe('urn:fleetcert:problem:enrollment_key_invalid');
    });

    it('refuses an expired key with 401', async () => {
      const key = await server.enrollmentKey({ expiresAt: new Date(Date.now() + 300).toISOString() });
      await new Promise((resolve) => setTimeout(resolve, 400));
      const { body } = await server.anyone.post('/v1/enroll').send({ enrollmentKey: key }).expect(401);
      expect(body.detail).toContain('expired');
    });

    it('refuses a revoked key with 401', async () => {
      const made = await server.admin.post('/v1/enrollment-keys').send({}).expect(201);
      await server.admin.delete(`/v1/enrollment-keys/${made.body.id}`).expect(204);
      await server.anyone.post('/v1/enroll').send({ enrollmentKey: made.body.key }).expect(401);
    });
  });

  describe('PUT /v1/device/addresses', () => {
    it('is served when it answers, and says whether anything changed', async () => {
      const device = await server.enroll({ addresses: ['10.0.0.1'] });
      const caller = server.as(device.token);
      const changed = await caller
        .put('/v1/device/addresses')
        .send({ addresses: ['10.0.0.2', '10.0.0.3'] })
        .expect(200);
      expect(changed.body).toEqual({ name: device.name, addresses: ['10.0.0.2', '10.0.0.3'], changed: true });
      expect((await dns.resolve4(device.name)).toSorted()).toEqual(['10.0.0.2', '10.0.0.3']);
      const same = await caller
        .put('/v1/device/addresses')
        .send({ addresses: ['10.0.0.3', '10.0.0.2'] })
        .expect(200);
      expect(same.body.changed).toBe(false);
    });

    it('takes one round trip once the device is let in', async () => {
      const device = await server.enroll({ addresses: ['10.0.0.1'] });
      const caller = server.as(device.token);
      // The event that tells of the first change is in it as well, and not of the second.
      for (const address of ['10.0.0.4', '10.0.0.5']) {
        const watch = watchStatements();
        try {
          await caller
            .put('/v1/device/addresses')
            .send({ addresses: [address] })
            .expect(200);
        } finally {
          watch.restore();
        }
        const trip = watch.ofTransaction();
        expect(trip.filter((what) => what === 'answer')).toHaveLength(1);
        expect(trip).toContain('presume-changed-devices');
        expect(trip.includes('record-events')).toBe(address === '10.0.0.4');
      }
    });

    it('writes no journal row when nothing changed', async () => {
      const device = await server.enroll({ addresses: ['10.0.0.1'] });
      const serial = async (): Promise<unknown> => (await server.admin.get('/v1/fleet').expect(200)).body.zones;
      const before = await serial();
      await server
        .as(device.token)
        .put('/v1/device/addresses')
        .send({ addresses: ['10.0.0.1'] })
        .expect(200);
      expect(await serial()).toEqual(before);
    });

    it('takes the records away for an empty list', async () => {
      const device = await server.enroll({ addresses: ['10.0.0.1'] });
      await server.as(device.token).put('/v1/device/addresses').send({ addresses: [] }).expect(200);
      await expect(dns.resolve4(device.name)).rejects.toMatchObject({
        code: expect.stringMatching(/ENODATA|ENOTFOUND/),
      });
    });

    it('refuses addresses outside the policy with 422, naming them, and changes nothing', async () => {
      const device = await server.enroll({ addresses: ['10.0.0.1'] });
      const { body } = await server
        .as(device.token)
        .put('/v1/device/addresses')
        .send({ addresses: ['10.0.0.9', '8.8.8.8'] })
        .expect(422)
        .expect('Content-Type', /application\/problem\+json/);
      expect(body.type).toBe('urn:fleetcert:problem:address_not_allowed');
      expect(body.errors).toEqual([{ field: 'addresses[1]', detail: expect.stringContaining('8.8.8.8') }]);
      expect(await dns.resolve4(device.name)).toEqual(['10.0.0.1']);
    });

    it('keeps the order of many updates to one device', async () => {
      const device = await server.enroll();
      const caller = server.as(device.token);
      for (let i = 1; i <= 20; i++)
        await caller
          .put('/v1/device/addresses')
          .send({ addresses: [`10.9.0.${i}`] })
          .expect(200);
      expect(await dns.resolve4(device.name)).toEqual(['10.9.0.20']);
    });

    it('serves each of many updates that arrive together', async () => {
      const devices = await Promise.all(Array.from({ length: 25 }, () => server.enroll()));
      await Promise.all(
        devices.map((device, i) =>
          server
            .as(device.token)
            .put('/v1/device/addresses')
            .send({ addresses: [`10.8.0.${i}`] })
            .expect(200),
        ),
      );
      const served = await Promise.all(devices.map((device) => dns.resolve4(device.name)));
      expect(served).toEqual(devices.map((_device, i) => [`10.8.0.${i}`]));
    });
  });

  describe('credentials', () => {
    it('GET /v1/device shows the device itself', async () => {
      const device = await server.enroll({ addresses: ['10.0.0.1'] });
      const { body } = await server.as(device.token).get('/v1/device').expect(200);
      expect(body).toMatchObject({
        deviceId: device.deviceId,
        name: device.name,
        state: 'active',
        addresses: ['10.0.0.1'],
        certificate: null,
        order: null,
        renewAt: null,
      });
    });

    it('lets each of many calls that arrive together in as itself, and nobody else', async () => {
      const devices = await Promise.all(Array.from({ length: 12 }, () => server.enroll()));
      const tokens = devices.flatMap(({ token }) => [token, `fcd_${'A'.repeat(43)}`, token]);
      const answers = await Promise.all(tokens.map((token) => server.as(token).get('/v1/device')));
      expect(answers.map(({ status, body }) => (status === 200 ? body.name : status))).toEqual(
        devices.flatMap(({ name }) => [name, 401, name]),
      );
    });

    it('keeps the old credential until the new one is first used', async () => {
      const device = await server.enroll();
      const { body } = await server.as(device.token).post('/v1/device/token').expect(200);
      await server.as(device.token).get('/v1/device').expect(200);
      await server.as(body.token).get('/v1/device').expect(200);
      await server.as(device.token).get('/v1/device').expect(401);
      await server.as(body.token).get('/v1/device').expect(200);
    });

    it('ends an unused new credential when another one is asked for', async () => {
      const device = await server.enroll();
      const first = await server.as(device.token).post('/v1/device/token').expect(200);
      const second = await server.as(device.token).post('/v1/device/token').expect(200);
      await server.as(first.body.token).get('/v1/device').expect(401);
      await server.as(second.body.token).get('/v1/device').expect(200);
    });

    it('stores hashes only', async () => {
      const device = await server.enroll();
      const rows: { row: string }[] = await database.dataSource.query(
        `SELECT t::text AS row FROM device_tokens t UNION ALL SELECT k::text FROM enrollment_keys k`,
      );
      expect(rows.length).toBeGreaterThan(0);
      for (const { row } of rows) expect(row).not.toMatch(/fcd_|fck_/);
      expect(rows.some(({ row }) => row.includes(device.token))).toBe(false);
    });

    it.each([
      ['no credential', undefined],
      ['a wrong one', `fcd_${'A'.repeat(43)}`],
      ['an operator credential', 'fco_test-admin-token-of-this-run'],
      ['a malformed one', 'x'],
    ])('answers %s with 401 and a problem document', async (_kind, token) => {
      const call = server.anyone.get('/v1/device');
      if (token) call.set('Authorization', `Bearer ${token}`);
      const { body, headers } = await call.expect(401);
      expect(body.type).toBe('urn:fleetcert:problem:unauthorized');
      expect(headers['www-authenticate']).toContain('Bearer');
    });
  });

  describe('bad input', () => {
    it.each([
      ['malformed JSON', '{"addresses": [', 'application/json', 400, 'malformed_json'],
      ['an array', '["10.0.0.1"]', 'application/json', 400, 'invalid_request'],
      ['a number', '5', 'application/json', 400, 'malformed_json'],
      ['a form', 'addresses=10.0.0.1', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
      ['an unknown field', '{"addresses":[],"ttl":5}', 'application/json', 400, 'invalid_request'],
      ['a wrong type', '{"addresses":"10.0.0.1"}', 'application/json', 400, 'invalid_request'],
      ['a wrong element', '{"addresses":[5]}', 'application/json', 400, 'invalid_request'],
      ['a name for an address', '{"addresses":["nas.local"]}', 'application/json', 400, 'invalid_request'],
      ['a missing field', '{}', 'application/json', 400, 'invalid_request'],
      ['__proto__', '{"addresses":[],"__proto__":{"admin":true}}', 'application/json', 400, 'invalid_request'],
      ['a huge body', `{"addresses":["${'1'.repeat(70_000)}"]}`, 'application/json', 413, 'payload_too_large'],
    ])('answers %s with a problem document and changes nothing', async (_kind, body, type, status, code) => {
      const device = await server.enroll({ addresses: ['10.0.0.1'] });
      const answer = await server.as(device.token).put('/v1/device/addresses').set('Content-Type', type).send(body);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.body.type).toBe(`urn:fleetcert:problem:${code}`);
      expect(answer.body.detail.length).toBeGreaterThan(20);
      expect(await dns.resolve4(device.name)).toEqual(['10.0.0.1']);
    });

    it('answers an unknown path with a problem document', async () => {
      const { body } = await server.anyone.get('/v1/nothing').expect(404);
      expect(body.type).toBe('urn:fleetcert:problem:not_found');
    });
  });

  it('serves the agent', async () => {
    const { text } = await server.anyone.get('/agent').expect(200);
    expect(text).toMatch(/^#!\/bin\/sh/);
  });

  it('keeps last-seen without a write for each call', async () => {
    const device = await server.enroll();
    await server.as(device.token).get('/v1/device').expect(200);
    const rows: { last_seen_at: Date | null }[] = await database.dataSource.query(
      `SELECT last_seen_at FROM devices WHERE id = $1`,
      [device.deviceId],
    );
    expect(rows[0]!.last_seen_at).toBeNull();
    const { body } = await server.admin.get(`/v1/devices/${device.deviceId}`).expect(200);
    expect(Date.now() - Date.parse(body.lastSeenAt)).toBeLessThan(10_000);
  });
});
