import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWithPeers } from '../support/peers.js';
import { PROCESS_ADMIN_TOKEN, type ServerProcess, startServer } from '../support/server-process.js';
import { accessibilityFaults } from './support/axe.js';
import { keepScreenshot, launchBrowser, watch } from './support/browser.js';

const DEVICES = '3';
/** The demo devices enroll and get their certificates in this time, on a machine that may have other work. */
const ISSUED_MILLISECONDS = 150_000;
const LONG_MILLISECONDS = 240_000;

describeWithPeers(['chromium'], "the dashboard of the shipped server, with the sandbox's fleet", () => {
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ environment: { FLEETCERT_SANDBOX_DEVICES: DEVICES } });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it(
    'shows the demo devices as they get their certificates, without being reloaded, and each step of one',
    async () => {
      const page = await (await browser.newContext({ baseURL: server.url })).newPage();
      const faults = watch(page, server.url);
      await page.goto('/sign-in');
      await page.getByLabel('API key or admin token').fill(PROCESS_ADMIN_TOKEN);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('[data-live="ok"]', { hasText: DEVICES }).waitFor({ timeout: ISSUED_MILLISECONDS });
      expect(await page.locator('[data-live="devices"]').textContent()).toBe(DEVICES);
      await page.getByText('has a new certificate').first().waitFor({ timeout: 30_000 });
      expect(await accessibilityFaults(page)).toEqual([]);
      await keepScreenshot(page, 'sandbox-fleet');

      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Devices' }).click();
      await page.getByRole('row').nth(1).getByRole('link').click();
      const main = page.getByRole('main');
      await main.getByText('certificate stored').waitFor();
      expect(await main.getByText('challenge published').count()).toBe(1);
      expect(await main.getByText('TLS server', { exact: true }).count()).toBe(1);
      await keepScreenshot(page, 'sandbox-device');
      expect(faults).toEqual([]);
    },
    LONG_MILLISECONDS,
  );
});
