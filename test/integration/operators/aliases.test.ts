import { generateKeyPairSync } from 'node:crypto';
import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';

import { DeviceNamePublisher } from '../../../src/ddns/publishing/device-name-publisher.js';
import { NamePublisher } from '../../../src/devices/ports/name-publisher.js';
import { type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { describeOnEachDatabase } from '../../support/database.js';

describeOnEachDatabase("a device's aliases", (database) => {
  let server: TestApp;
  let dns: Resolver;
  let count = 0;

  beforeAll(async () => {
    server = await startApp(database.url);
    dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
  });
  afterAll(() => server.stop());

  const newLabel = (): string => `nas-${++count}`;
  const patch = (device: EnrolledTestDevice, body: object) =>
    server.admin.patch(`/v1/devices/${device.deviceId}`).send(body);
  const give = (device: EnrolledTestDevice, ...aliases: string[]) => patch(device, { aliases });
  const order = (device: EnrolledTestDevice, ...names: string[]) => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    return server
      .as(device.token)
      .post('/v1/device/orders')
      .send({ csr: toPem(aCsr({ key, altNames: { dns: names } })) });
  };
  const isIssued = async (device: EnrolledTestDevice, orderId: string): Promise<void> => {
    await expect
      .poll(async () => (await server.as(device.token).get(`/v1/device/orders/${orderId}`).expect(200)).body.status, {
        timeout: 20_000,
        interval: 100,
      })
      .toBe('issued');
  };

  it("are answered with the device's addresses, follow them, and are gone when they are taken off", async () => {
    const device = await server.enroll({ addresses: ['10.3.0.1', 'fd00::1'] });
    const [first, second] = [newLabel(), newLabel()];
    const { body } = await give(device, second.toUpperCase(), `${first}.fleet.test`, first).expect(200);
    expect(body.aliases).toEqual([first, second]);
    expect(await dns.resolve4(`${first}.fleet.test`)).toEqual(['10.3.0.1']);
    expect(await dns.resolve6(`${second}.fleet.test`)).toEqual(['fd00::1']);
    const own = await server.as(device.token).get('/v1/device').expect(200);
    expect(own.body.aliases).toEqual([`${first}.fleet.test`, `${second}.fleet.test`]);

    await server
      .as(device.token)
      .put('/v1/device/addresses')
      .send({ addresses: ['10.3.0.2'] })
      .expect(200);
    expect(await dns.resolve4(`${first}.fleet.test`)).toEqual(['10.3.0.2']);
    await expect(dns.resolve6(`${first}.fleet.test`)).rejects.toMatchObject({ code: 'ENODATA' });

    await give(device, first).expect(200);
    await expect(dns.resolve4(`${second}.fleet.test`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect((await server.admin.get(`/v1/devices?q=${first}`).expect(200)).body.items).toHaveLength(1);
    expect((await server.admin.get(`/v1/devices?q=${second}`).expect(200)).body.items).toHaveLength(0);
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
    await expect(dns.resolve4(`${first}.fleet.test`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('have the wildcard of the device', async () => {
    const device = await server.enroll({ addresses: ['10.3.1.1'] });
    const label = newLabel();
    await patch(device, { aliases: [label], wildcard: true }).expect(200);
    expect(await dns.resolve4(`www.${label}.fleet.test`)).toEqual(['10.3.1.1']);
    await patch(device, { wildcard: false }).expect(200);
    await expect(dns.resolve4(`www.${label}.fleet.test`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it.each([
    ['two.labels'],
    ['-nas'],
    ['nas-'],
    [''],
    ['*'],
    ['_acme-challenge'],
    ['xn--nas'],
    ['a'.repeat(64)],
    ['nas.example.com'],
    ['n\u00e4s'],
    ['nas\u212a'],
  ])('must be a plain label: %j is refused by its field, and nothing else of the call is done', async (label) => {
    const device = await server.enroll();
    const { body } = await patch(device, { aliases: [newLabel(), label], note: 'changed' }).expect(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ field: 'aliases[1]' }));
    const { body: after } = await server.admin.get(`/v1/devices/${device.deviceId}`).expect(200);
    expect(after).toMatchObject({ aliases: [], note: null });
  });

  it.each([[{ aliases: null }], [{ aliases: 'nas' }], [{ aliases: [1] }], [{ aliases: Array(11).fill('a') }]])(
    'are a list of at most ten texts: %j is refused',
    async (body) => {
      await patch(await server.enroll(), body).expect(400);
    },
  );

  it('are never the name of a device, one that was deleted included', async () => {
    const [device, other, gone] = [await server.enroll(), await server.enroll(), await server.enroll()];
    await server.admin.delete(`/v1/devices/${gone.deviceId}`).expect(204);
    for (const { name } of [device, other, gone]) {
      const { body } = await give(device, name).expect(409);
      expect(body.detail).toContain(`${name} is the name of a device`);
    }
  });

  it('are never where an operator or the server has records, above or below, and the other way round', async () => {
    const device = await server.enroll({ addresses: ['10.3.2.1'] });
    const [label, below] = [newLabel(), newLabel()];
    for (const name of [label, `www.${below}`]) {
      await server.admin
        .put('/v1/zones/fleet.test/records')
        .send({ name, type: 'TXT', ttl: 60, values: ['"mine"'] })
        .expect(200);
    }
    for (const taken of [label, below, 'ns1']) {
      const { body } = await patch(device, { aliases: [taken], note: 'not this either' }).expect(409);
      expect(body.detail).toMatch(/Remove that first|take another label/);
    }
    expect((await server.admin.get(`/v1/devices/${device.deviceId}`).expect(200)).body.note).toBeNull();

    const own = newLabel();
    await give(device, own).expect(200);
    for (const name of [own, `mail.${own}`]) {
      const { body } = await server.admin
        .put('/v1/zones/fleet.test/records')
        .send({ name, type: 'A', ttl: 60, values: ['192.0.2.1'] })
        .expect(422);
      expect(body.detail).toContain(`${own}.fleet.test`);
    }
  });

  it('belong to one device: another one gets none that is held, or was taken off a device that is still there', async () => {
    const [device, other] = [await server.enroll(), await server.enroll()];
    const label = newLabel();
    await give(device, label).expect(200);
    expect((await give(other, label).expect(409)).body.detail).toContain(device.name);
    await give(device).expect(200);
    expect((await give(other, label).expect(409)).body.detail).toContain('stays reserved');
    await give(device, label).expect(200);
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
    await give(other, label).expect(200);
  });

  it('go to one of two devices that are given them at the same moment', async () => {
    const devices = await Promise.all(Array.from({ length: 4 }, () => server.enroll({ addresses: ['10.3.3.1'] })));
    const label = newLabel();
    const answers = await Promise.all(devices.map((device) => give(device, label)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    const holders = await database.dataSource.query(
      `SELECT (SELECT count(*)::int FROM devices WHERE $1 = ANY (aliases)) AS devices,
              (SELECT count(*)::int FROM device_aliases WHERE name = $2 AND removed_at IS NULL) AS names`,
      [label, `${label}.fleet.test`],
    );
    expect(holders).toEqual([{ devices: 1, names: 1 }]);
  });

  it('may stand in the CSR, with a wildcard below them only where the device has it', async () => {
    const device = await server.enroll({ addresses: ['10.3.4.1'] });
    const label = newLabel();
    const alias = `${label}.fleet.test`;
    const { body: refused } = await order(device, device.name, alias).expect(422);
    expect(refused.type).toBe('urn:fleetcert:problem:csr_rejected');
    await give(device, label).expect(200);
    await order(device, device.name, `*.${alias}`).expect(422);
    await order(device, `www.${alias}`).expect(422);
    const { body } = await order(device, device.name, alias).expect(202);
    expect(body.names.toSorted()).toEqual([alias, device.name].toSorted());
    await isIssued(device, body.orderId);

    await patch(device, { wildcard: true }).expect(200);
    const { body: wild } = await order(device, device.name, alias, `*.${alias}`).expect(202);
    await isIssued(device, wild.orderId);
  });

  it('stay with a deleted device as long as a certificate for them is in force, and not longer', async () => {
    const [device, other] = [await server.enroll({ addresses: ['10.3.5.1'] }), await server.enroll()];
    const label = newLabel();
    await give(device, label).expect(200);
    const { body } = await order(device, `${label}.fleet.test`).expect(202);
    await isIssued(device, body.orderId);
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
    expect((await give(other, label).expect(409)).body.detail).toContain('a certificate for it is in force until');
    await server.app
      .get(DataSource)
      .query(`UPDATE certificates SET revoked_at = now(), revocation_reason = 'superseded' WHERE device_id = $1`, [
        device.deviceId,
      ]);
    await give(other, label).expect(200);
  });

  it('follow an address that changes while they are given', async () => {
    const publisher = server.app.get<DeviceNamePublisher>(NamePublisher);
    const publish = publisher.publish.bind(publisher);
    const device = await server.enroll({ addresses: ['10.3.6.1'] });
    const label = newLabel();
    // The alias is given when the address update has looked at the device, and has written nothing yet.
    let isFirst = true;
    publisher.publish = async (published, write) => {
      if (isFirst && published.addresses.includes('10.3.6.2')) {
        isFirst = false;
        await give(device, label).expect(200);
      }
      return publish(published, write);
    };
    try {
      await server
        .as(device.token)
        .put('/v1/device/addresses')
        .send({ addresses: ['10.3.6.2'] })
        .expect(200);
    } finally {
      publisher.publish = publish;
    }
    expect(isFirst).toBe(false);
    expect(await dns.resolve4(`${label}.fleet.test`)).toEqual(['10.3.6.2']);
  });
});
