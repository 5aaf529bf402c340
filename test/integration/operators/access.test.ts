import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { describeWithPeers } from '../../support/peers.js';

interface Access {
  readonly accessId: string;
  readonly server: string;
  readonly zone: string;
  readonly keyName: string;
  readonly algorithm: string;
  readonly secret: string;
}

/** @returns what nsupdate said; empty when the update was taken. */
function nsupdate(access: Access, ...commands: string[]): Promise<string> {
  const [address, port = '53'] = access.server.split(':');
  const script = [`server ${address} ${port}`, `zone ${access.zone}`, ...commands, 'send', ''].join('\n');
  return new Promise((resolve) => {
    const child = execFile(
      'nsupdate',
      ['-y', `${access.algorithm}:${access.keyName}:${access.secret}`],
      { timeout: 20_000 },
      (_error, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()),
    );
    child.stdin?.end(script);
  });
}

describeWithPeers(['nsupdate'], 'credentials for existing clients', () => {
  const database = withDatabase();
  let server: TestApp;
  let dns: Resolver;

  beforeAll(async () => {
    server = await startApp(database.url);
    dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
  });
  afterAll(() => server.stop());

  it("lets nsupdate set a device's challenge, with what the device asked for itself", async () => {
    const device = await server.enroll({ addresses: ['10.0.0.1'] });
    const { body } = await server.as(device.token).post('/v1/device/access').send({ door: 'rfc2136' }).expect(201);
    expect(body).toMatchObject({ server: `127.0.0.1:${server.dnsPort}`, zone: 'fleet.test', algorithm: 'hmac-sha256' });
    expect(await nsupdate(body, `update add _acme-challenge.${device.name} 60 TXT "one"`)).toBe('');
    expect(await dns.resolveTxt(`_acme-challenge.${device.name}`)).toEqual([['one']]);
    expect(await nsupdate(body, `update add ${device.name} 60 A 10.9.9.9`)).toContain('REFUSED');
    const other = await server.enroll();
    expect(await nsupdate(body, `update add _acme-challenge.${other.name} 60 TXT "two"`)).toContain('REFUSED');
  });

  it('shows the secret once, and ends the credential when told', async () => {
    const device = await server.enroll();
    const made = await server.admin
      .post(`/v1/devices/${device.deviceId}/access`)
      .send({ door: 'rfc2136', types: ['TXT', 'A'] })
      .expect(201);
    const listed = await server.as(device.token).get('/v1/device/access').expect(200);
    expect(listed.body.items).toEqual([
      expect.objectContaining({ accessId: made.body.accessId, door: 'rfc2136', types: ['TXT', 'A'] }),
    ]);
    expect(JSON.stringify(listed.body)).not.toContain(made.body.secret);
    expect(await nsupdate(made.body, `update add ${device.name} 60 A 10.3.3.3`)).toBe('');
    expect(await dns.resolve4(device.name)).toEqual(['10.3.3.3']);
    await server.admin.delete(`/v1/devices/${device.deviceId}/access/${made.body.accessId}`).expect(204);
    expect(await nsupdate(made.body, `update add ${device.name} 60 A 10.4.4.4`)).not.toBe('');
    expect(await dns.resolve4(device.name)).toEqual(['10.3.3.3']);
  });

  it("ends with the device, and is nobody else's to see or end", async () => {
    const [device, other] = [await server.enroll(), await server.enroll()];
    const { body } = await server.as(device.token).post('/v1/device/access').send({ door: 'rfc2136' }).expect(201);
    await server.as(other.token).delete(`/v1/device/access/${body.accessId}`).expect(404);
    expect((await server.as(other.token).get('/v1/device/access').expect(200)).body.items).toEqual([]);
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
    expect(await nsupdate(body, `update add _acme-challenge.${device.name} 60 TXT "x"`)).not.toBe('');
  });

  it.each([{}, { door: 'gate' }, { door: 'rfc2136', types: ['MX'] }, { door: 'rfc2136', types: [] }])(
    'refuses %j',
    async (body) => {
      const device = await server.enroll();
      await server.as(device.token).post('/v1/device/access').send(body).expect(400);
    },
  );
});
