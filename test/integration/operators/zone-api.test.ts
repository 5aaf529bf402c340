import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';

describeOnEachDatabase('the zone API', (database) => {
  let server: TestApp;
  let dns: Resolver;

  beforeAll(async () => {
    server = await startApp(database.url);
    dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
  });
  afterAll(() => server.stop());

  it('lists the zones with the serial that is served', async () => {
    const { body } = await server.admin.get('/v1/zones').expect(200);
    const soa = await dns.resolveSoa('fleet.test');
    expect(body.items).toEqual([
      expect.objectContaining({ zone: 'fleet.test', serial: soa.serial, committedSerial: soa.serial }),
    ]);
  });

  it('serves a fixed record when the call returns, lists it, and takes it out again', async () => {
    const records = { name: 'www', type: 'A', ttl: 300, values: ['192.0.2.7', '192.0.2.8'] };
    await server.admin.put('/v1/zones/fleet.test/records').send(records).expect(200);
    expect((await dns.resolve4('www.fleet.test')).toSorted()).toEqual(records.values);
    const { body } = await server.admin.get('/v1/zones/fleet.test/records').expect(200);
    expect(body.items).toEqual([records]);
    await server.admin.delete('/v1/zones/fleet.test/records?name=www&type=A').expect(204);
    await expect(dns.resolve4('www.fleet.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await server.admin.delete('/v1/zones/fleet.test/records?name=www&type=A').expect(404);
  });

  it('pages through records, transfer keys, secondaries and webhooks without losing or repeating one', async () => {
    const made = Array.from({ length: 5 }, (_, index) => `page-${index}`);
    for (const name of made) {
      await server.admin
        .put('/v1/zones/fleet.test/records')
        .send({ name, type: 'TXT', ttl: 60, values: ['"x"'] })
        .expect(200);
      await server.admin
        .post('/v1/zones/fleet.test/tsig-keys')
        .send({ name, algorithm: 'hmac-sha256', use: 'transfer' })
        .expect(201);
      await server.admin
        .post('/v1/webhooks')
        .send({ url: `http://127.0.0.1:9/${name}`, events: ['*'] })
        .expect(201);
    }
    for (const path of ['/v1/zones/fleet.test/records', '/v1/zones/fleet.test/tsig-keys', '/v1/webhooks']) {
      const whole = (await server.admin.get(path).expect(200)).body.items;
      const seen: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null && seen.length < 20;) {
        const { body }: { body: { items: unknown[]; nextCursor: string | null } } = await server.admin
          .get(`${path}?limit=2${cursor && `&cursor=${cursor}`}`)
          .expect(200);
        seen.push(...body.items);
        cursor = body.nextCursor;
      }
      expect(whole).toHaveLength(5);
      expect(seen).toEqual(whole);
      await server.admin.get(`${path}?cursor=nonsense`).expect(400);
    }
    for (const name of made) {
      await server.admin.delete(`/v1/zones/fleet.test/records?name=${name}&type=TXT`).expect(204);
      await server.admin.delete(`/v1/zones/fleet.test/tsig-keys?name=${name}`).expect(204);
    }
  });

  it("refuses a record at a device's name, with a sentence", async () => {
    const device = await server.enroll({ addresses: ['10.0.0.1'] });
    const name = device.name.split('.')[0];
    const { body } = await server.admin
      .put('/v1/zones/fleet.test/records')
      .send({ name, type: 'A', ttl: 60, values: ['192.0.2.1'] })
      .expect(422);
    expect(body.type).toBe('urn:fleetcert:problem:record_rejected');
    expect(await dns.resolve4(device.name)).toEqual(['10.0.0.1']);
  });

  it.each([
    [{ name: 'x', type: 'A', ttl: 60, values: ['nonsense'] }, 422],
    [{ name: 'x', type: 'SOA', ttl: 60, values: ['a. b. 1 2 3 4 5'] }, 422],
    [{ name: 'x', type: 'A', ttl: -1, values: ['192.0.2.1'] }, 400],
    [{ name: 'x', type: 'A', ttl: 60, values: [] }, 400],
    [{ name: 'x', type: 'A', ttl: 60 }, 400],
  ])('refuses the record %j', async (records, status) => {
    await server.admin.put('/v1/zones/fleet.test/records').send(records).expect(status);
    await expect(dns.resolve4('x.fleet.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('answers an unknown zone with 404', async () => {
    for (const path of ['records', 'tsig-keys', 'secondaries']) {
      const { body } = await server.admin.get(`/v1/zones/example.com/${path}`).expect(404);
      expect(body.type).toBe('urn:fleetcert:problem:unknown_zone');
    }
  });

  it('shows the secret of a transfer key once', async () => {
    const made = await server.admin
      .post('/v1/zones/fleet.test/tsig-keys')
      .send({ name: 'ns2.example.com', algorithm: 'hmac-sha256', use: 'transfer' })
      .expect(201);
    expect(Buffer.from(made.body.secret, 'base64')).toHaveLength(32);
    const { body } = await server.admin.get('/v1/zones/fleet.test/tsig-keys').expect(200);
    expect(body.items).toEqual([
      expect.objectContaining({ name: 'ns2.example.com', algorithm: 'hmac-sha256', use: 'transfer' }),
    ]);
    expect(JSON.stringify(body)).not.toContain(made.body.secret);
    const secondary = await server.admin
      .post('/v1/zones/fleet.test/secondaries')
      .send({ address: '127.0.0.1', port: 9, tsigKey: 'ns2.example.com' })
      .expect(201);
    await server.admin.delete('/v1/zones/fleet.test/tsig-keys?name=ns2.example.com').expect(409);
    const listed = await server.admin.get('/v1/zones/fleet.test/secondaries').expect(200);
    expect(listed.body.items).toEqual([expect.objectContaining({ id: secondary.body.id, port: 9, serial: null })]);
    await server.admin.delete(`/v1/zones/fleet.test/secondaries/${secondary.body.id}`).expect(204);
    await server.admin.delete('/v1/zones/fleet.test/tsig-keys?name=ns2.example.com').expect(204);
  });
});
