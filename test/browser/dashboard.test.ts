import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { describeWithPeers } from '../support/peers.js';
import { withDashboard } from './support/dashboard-fixture.js';

const LIVE_MILLISECONDS = 20_000;
const PATIENT = { timeout: 20_000, interval: 200 };
/** Many pages one after the other, on a machine that may have other work. */
const LONG_MILLISECONDS = 180_000;

describeWithPeers(['chromium'], 'the dashboard, used in a browser', () => {
  const dashboard = withDashboard(500);

  it.each([
    ['with JavaScript', true],
    ['without JavaScript', false],
  ])(
    'does all of its work %s',
    async (_title, javaScriptEnabled) => {
      const { page, faults } = await dashboard.openSignedIn({ javaScriptEnabled });
      const main = page.getByRole('main');
      const status = main.getByRole('status');
      const navigation = page.getByRole('navigation', { name: 'Main' });

      // Find a device and open it.
      await navigation.getByRole('link', { name: 'Devices' }).click();
      await page.getByLabel('Search').fill('SN-REAL');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('link', { name: dashboard.device.name }).click();
      await page.getByRole('heading', { level: 1, name: dashboard.device.name }).waitFor();
      expect(await main.getByText('certificate stored').count()).toBe(1);
      expect(await main.getByRole('row', { name: `${dashboard.device.name} A 127.0.0.1` }).count()).toBe(2);

      // Act on it.
      await main.getByRole('button', { name: 'Suspend the device' }).click();
      expect(await status.textContent()).toContain('suspended');
      await main.getByRole('button', { name: 'Resume the device' }).click();
      expect(await status.textContent()).toContain('active again');
      await main.getByLabel('Note').fill('<b>by the door</b>');
      await main.getByRole('button', { name: 'Save' }).click();
      expect(await main.getByText('<b>by the door</b>').count()).toBe(1);
      await main.getByLabel('Further names').fill('two.labels');
      await main.getByRole('button', { name: 'Save' }).click();
      expect(await main.getByRole('alert').textContent()).toContain('Aliases are labels');
      await main.getByLabel('Further names').fill('printer');
      await main.getByRole('button', { name: 'Save' }).click();
      await main.getByRole('row', { name: 'printer.fleet.test A 127.0.0.1' }).waitFor();
      expect(await main.getByRole('row', { name: '192.168.178.23' }).count()).toBe(1);
      await main.getByRole('link', { name: 'Revoke the certificate' }).click();
      await main.getByRole('link', { name: 'Leave it' }).click();
      await main.getByRole('link', { name: 'Delete the device' }).click();
      await main.getByRole('link', { name: 'Keep it' }).click();
      await page.getByRole('heading', { level: 1, name: dashboard.device.name }).waitFor();

      // Try an order again that waits.
      await navigation.getByRole('link', { name: 'Queue' }).click();
      await main
        .getByRole('button', { name: /^Try now/ })
        .first()
        .click();
      expect(await status.textContent()).toContain('due now');

      // Something for many at once: a dry run, a number that is wrong, and the right one.
      await navigation.getByRole('link', { name: 'Devices' }).click();
      await main.getByLabel('Search').fill('rack 3');
      await main.getByRole('button', { name: 'Show' }).click();
      await main.getByRole('link', { name: 'Do something to all of them' }).click();
      const count = /^\d+/.exec((await page.getByRole('heading', { level: 1 }).textContent())!.trim())![0];
      await main.getByLabel('Action', { exact: true }).selectOption('set-group');
      await main.getByLabel('New group').fill('third rack');
      await main.getByLabel('How many devices are these?').fill(String(Number(count) + 1));
      await main.getByRole('button', { name: 'Do it' }).click();
      expect(await main.getByRole('alert').first().textContent()).toContain('nothing was done');
      await main.getByLabel('How many devices are these?').fill(count);
      await main.getByRole('button', { name: 'Do it' }).click();
      await page.getByRole('heading', { level: 1, name: /^Put into a group/ }).waitFor();
      await expect
        .poll(async () => {
          if (!javaScriptEnabled) await page.reload();
          return main.getByText('Ended').count();
        }, PATIENT)
        .toBe(1);
      expect(await main.getByRole('row', { name: /done/ }).count()).toBe(Number(count));

      // What happened, and who did it.
      await navigation.getByRole('link', { name: 'Events' }).click();
      await main.getByLabel('Severity').selectOption('critical');
      await main.getByRole('button', { name: 'Show' }).click();
      expect(await main.getByRole('row', { name: /critical/ }).count()).toBeGreaterThan(0);
      expect(await main.getByRole('row', { name: / info / }).count()).toBe(0);
      await navigation.getByRole('link', { name: 'Audit' }).click();
      await main
        .getByRole('row', { name: /POST \/devices\/bulk/ })
        .first()
        .waitFor();

      // Make an enrollment key: it is there once.
      await navigation.getByRole('link', { name: 'Enrollment' }).click();
      await main.getByLabel('Note').fill('from the browser');
      await main.getByRole('button', { name: 'Make the key' }).click();
      const once = main.getByRole('region', { name: 'The enrollment key is shown this once' });
      expect(await once.textContent()).toMatch(/enroll --server http:\S+ --key fck_[\w-]{43}/);
      await navigation.getByRole('link', { name: 'Enrollment' }).click();
      expect(await page.content()).not.toContain('fck_');
      const row = main.getByRole('row', { name: 'from the browser' }).first();
      await row.getByRole('button', { name: 'Revoke' }).click();
      expect(await status.textContent()).toContain('revoked');

      // Records, with a mistake first.
      await navigation.getByRole('link', { name: 'Zones' }).click();
      await main.getByRole('link', { name: 'fleet.test' }).click();
      await main.getByText('Add or replace records').click();
      await main.getByLabel('Name', { exact: true }).fill('www');
      await main.getByLabel('Values').fill('10.0.0');
      await main.getByRole('button', { name: 'Save the records' }).click();
      expect(await main.getByRole('alert').textContent()).toContain('is not an IPv4 address');
      await main.getByLabel('Values').fill('10.0.0.7');
      await main.getByRole('button', { name: 'Save the records' }).click();
      await main.getByRole('row', { name: 'www A 3600 10.0.0.7' }).waitFor();
      await main.getByRole('button', { name: 'Delete www A' }).click();
      expect(await status.textContent()).toContain('deleted');

      // Is the zone delegated as it ought to be?
      await main.getByRole('button', { name: 'Check now' }).click();
      expect(await status.textContent()).toContain('Nothing is wrong');

      // The forecast, for another number of devices.
      await navigation.getByRole('link', { name: 'Fleet' }).click();
      await main.getByLabel('How many more devices?').fill('700');
      await main.getByRole('button', { name: 'Forecast' }).click();
      await main.getByRole('heading', { name: 'Forecast: 700 more devices' }).waitFor();
      await main.getByRole('img', { name: 'Devices with a certificate as time goes on' }).waitFor();

      // The rest of the pages, and out.
      for (const title of ['Queue', 'Settings', 'Fleet']) {
        await navigation.getByRole('link', { name: title }).click();
        await page.getByRole('heading', { level: 1, name: title }).waitFor();
      }
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
      await page.goto('/devices');
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
      // The forms that were refused are the errors that a console shows.
      expect(faults.filter((fault) => !/\b(400|409|422)\b/.test(fault))).toEqual([]);
    },
    LONG_MILLISECONDS,
  );

  it(
    'follows a device, the events and the queue without being reloaded',
    async () => {
      const { page } = await dashboard.openSignedIn();
      const device = await dashboard.server.enroll({ addresses: ['10.30.0.1'] });
      await page.goto(`/devices/${device.deviceId}`);
      await page.getByText(/^Live · /).waitFor();
      // What is unfolded stays so.
      await dashboard.server
        .as(device.token)
        .put('/v1/device/addresses')
        .send({ addresses: ['10.30.0.2'] })
        .expect(200);
      await page.getByRole('row', { name: '10.30.0.2' }).first().waitFor({ timeout: LIVE_MILLISECONDS });
      await dashboard.server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
      await page.getByText('It may have been deleted.').waitFor({ timeout: LIVE_MILLISECONDS });
      await page.goto('/events');
      await page.getByText(/^Live · /).waitFor();
      const { name } = await dashboard.server.enroll();
      await page.getByRole('link', { name }).waitFor({ timeout: LIVE_MILLISECONDS });
      await page.goto('/');
      await page.getByText(/^Live · /).waitFor();
      const next = await dashboard.server.enroll();
      await page
        .getByRole('region', { name: 'Recent events' })
        .getByRole('link', { name: next.name })
        .waitFor({ timeout: LIVE_MILLISECONDS });
    },
    LONG_MILLISECONDS,
  );

  it('shows a device that enrolls without being reloaded', async () => {
    const { page } = await dashboard.openSignedIn();
    const before = Number((await page.locator('[data-live="devices"]').textContent())?.replaceAll(',', ''));
    await page.getByText(/^Live · /).waitFor();
    await dashboard.server.enroll();
    await page.locator('[data-live="devices"]', { hasText: String(before + 1) }).waitFor({ timeout: 10_000 });
  });

  it('ends on the sign-in by itself when the key behind the session is revoked', async () => {
    const { body } = await dashboard.server.admin.post('/v1/api-keys').send({ role: 'viewer' }).expect(201);
    const { page } = await dashboard.open();
    await page.goto('/');
    await page.getByLabel('API key or admin token').fill(body.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(/^Live · /).waitFor();
    await dashboard.server.admin.delete(`/v1/api-keys/${body.id}`).expect(204);
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor({ timeout: 10_000 });
  });

  it(
    'lets who is signed in follow a link from another site, and asks nobody else in',
    async () => {
      // For cookies localhost and 127.0.0.1 are two sites.
      const other = createServer((_request, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(`<a href="${dashboard.origin}/devices?q=SN-REAL">To the device</a>`);
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const elsewhere = `http://localhost:${(other.address() as AddressInfo).port}/`;
      try {
        const { page } = await dashboard.openSignedIn();
        await page.goto(elsewhere);
        await page.getByRole('link', { name: 'To the device' }).click();
        await page.getByRole('link', { name: dashboard.device.name }).waitFor();
        const { page: stranger } = await dashboard.open();
        await stranger.goto(elsewhere);
        await stranger.getByRole('link', { name: 'To the device' }).click();
        await stranger.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
        expect(new URL(stranger.url()).searchParams.get('next')).toBe('/devices?q=SN-REAL');
      } finally {
        other.closeAllConnections();
        other.close();
      }
    },
    LONG_MILLISECONDS,
  );

  it('skips to the content and searches by the keyboard alone', async () => {
    const { page } = await dashboard.openSignedIn();
    await page.goto('/devices');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('q');
    await page.keyboard.type('SN-REAL');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=SN-REAL/);
    expect(await page.getByRole('row').count()).toBe(2);
  });
});
