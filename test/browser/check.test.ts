import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { freePort } from '../support/free-port.js';
import { describeWithPeers } from '../support/peers.js';
import { makeTlsPair } from '../support/tls-pair.js';
import { accessibilityFaults } from './support/axe.js';
import { keepScreenshot } from './support/browser.js';
import { withDashboard } from './support/dashboard-fixture.js';

describeWithPeers(['chromium'], "the self-check in a user's browser", () => {
  const dashboard = withDashboard(1);
  let device: Server;

  beforeAll(async () => {
    const { certificatePem, privateKeyPem } = await makeTlsPair();
    device = createServer({ cert: certificatePem, key: privateKeyPem }, (_request, response) => response.end('Hello'));
    await new Promise<void>((resolve) => device.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    device.closeAllConnections();
    device.close();
  });

  const portOfDevice = (): number => (device.address() as AddressInfo).port;

  it('says that a device is reachable whose certificate the browser accepts', async () => {
    const { page } = await dashboard.open({ ignoreHTTPSErrors: true });
    await page.goto('/check');
    await page.getByLabel('Name of the device').fill(dashboard.device.name);
    await page.getByLabel('Port').fill(String(portOfDevice()));
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Reachable: all is well.').waitFor({ timeout: 15_000 });
    expect(await page.getByText('This computer is in another network.').isVisible()).toBe(false);
    expect(await accessibilityFaults(page)).toEqual([]);
    await keepScreenshot(page, 'check-reachable');
  });

  it('says that a device is not reachable whose certificate the browser does not accept', async () => {
    const { page } = await dashboard.open();
    await page.goto(`/check?name=${dashboard.device.name}&port=${portOfDevice()}`);
    await page.getByText('Not reachable from here').waitFor({ timeout: 15_000 });
  });

  it('names the reasons and the exception for the router where nothing answers', async () => {
    const { page } = await dashboard.open();
    await page.goto(`/check?name=${dashboard.device.name}&port=${await freePort()}`);
    await page.getByText('Not reachable from here').waitFor({ timeout: 15_000 });
    expect(await page.getByText('This computer is in another network.').isVisible()).toBe(true);
    // A closed port says so at once.
    expect(await page.getByText('It failed at once.').isVisible()).toBe(true);
    expect(await page.getByText('Nothing answered for some seconds.').isVisible()).toBe(false);
    await page.getByText('OpenWrt').click();
    expect(await page.getByText("uci add_list dhcp.@dnsmasq[0].rebind_domain='fleet.test'").isVisible()).toBe(true);
    expect(await accessibilityFaults(page)).toEqual([]);
    await keepScreenshot(page, 'check-unreachable');
  });

  it('tells a device that does not answer from one that cannot be found', async () => {
    const { page } = await dashboard.open();
    // A host that swallows packets, as one in another network does.
    const silent = createTcpServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      await page.goto(`/check?name=${dashboard.device.name}&port=${(silent.address() as AddressInfo).port}`);
      await page.getByText('Nothing answered for some seconds.').waitFor({ timeout: 30_000 });
      expect(await page.getByText('It failed at once.').isVisible()).toBe(false);
    } finally {
      silent.close();
    }
  }, 90_000);

  it('is a guide without JavaScript', async () => {
    const { page } = await dashboard.open({ javaScriptEnabled: false });
    await page.goto(`/check?name=${dashboard.device.name}`);
    expect(await page.getByRole('link', { name: `https://${dashboard.device.name}/` }).isVisible()).toBe(true);
    expect(await page.getByText('DNS rebinding protection').first().isVisible()).toBe(true);
    await page.getByText('FRITZ!Box').click();
    expect(await page.getByRole('region', { name: 'For FRITZ!Box' }).isVisible()).toBe(true);
  });
});
