import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';

describe("the self-check for a device's user", () => {
  const database = withDatabase();
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(database.url);
  });
  afterAll(() => server.stop());

  it('needs no sign-in, and explains without a script what to do', async () => {
    const device = await server.enroll({ addresses: ['10.3.0.1'] });
    const { text } = await server.anyone.get('/check').query({ name: device.name.toUpperCase() }).expect(200);
    expect(text).toContain(`nslookup ${device.name}`);
    expect(text).toContain('<code>10.3.0.1</code>');
    expect(text).toContain(`href="https://${device.name}/"`);
    expect(text).toContain('rebind-domain-ok=/fleet.test/');
    expect(text).toContain('private-domain: &quot;fleet.test&quot;');
  });

  it('lets its script connect to the device that was asked for, and to nothing else', async () => {
    const device = await server.enroll({ addresses: ['10.3.0.2'] });
    const policyOf = async (query: object): Promise<string> =>
      (await server.anyone.get('/check').query(query).expect(200)).headers['content-security-policy']!;
    expect(await policyOf({ name: device.name, port: 8443 })).toContain(
      `connect-src 'self' https://${device.name}:8443; form-action`,
    );
    expect(await policyOf({})).toContain("connect-src 'self'; form-action");
  });

  it('says that a device has no address', async () => {
    const { text } = await server.anyone.get('/check?name=k2v7aaaaaaaaaaaa.fleet.test').expect(200);
    expect(text).toContain('The device has no address');
  });

  it.each([
    'example.com',
    'fleet.test',
    'evil;script-src *.fleet.test',
    "x' https://evil.example .fleet.test",
    '<b>.fleet.test',
  ])('refuses the name %s, and puts it into no header', async (name) => {
    const { text, headers } = await server.anyone.get('/check').query({ name }).expect(400);
    expect(headers['content-security-policy']).toContain("connect-src 'self'; form-action");
    expect(text).toContain('not the name of a device here');
    expect(text).not.toContain('<b>.');
  });

  it.each(['0', '65536', 'https'])('refuses the port %s', async (port) => {
    await server.anyone.get('/check').query({ name: 'k2v7aaaaaaaaaaaa.fleet.test', port }).expect(400);
  });
});
