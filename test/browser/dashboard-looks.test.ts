import { describe, expect, it } from 'vitest';

import { describeWithPeers } from '../support/peers.js';
import { accessibilityFaults, type AxePart } from './support/axe.js';
import { keepScreenshot } from './support/browser.js';
import { withDashboard } from './support/dashboard-fixture.js';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const SHAPES = [
  ['light', { viewport: DESKTOP, colorScheme: 'light' }],
  ['dark', { viewport: DESKTOP, colorScheme: 'dark' }],
  ['phone', { viewport: PHONE, colorScheme: 'light', hasTouch: true }],
  ['phone-dark', { viewport: PHONE, colorScheme: 'dark', hasTouch: true }],
] as const;
/** All that can be unfolded counts, too. */
const UNFOLD = `for (const one of document.querySelectorAll('details:not([open])')) one.dataset.folded = one.open = true`;
const FOLD = `for (const one of document.querySelectorAll('[data-folded]')) one.open = false`;
/** What axe looks at: in other colours at the colours, in another size at the rest. The fourth shape has nothing new. */
const EXAMINED: Readonly<Record<string, AxePart>> = { light: 'all', dark: 'colours', phone: 'all-but-colours' };
const PHONE_DARK = ['fleet', 'devices', 'device', 'queue', 'events', 'settings'];
/** Twenty pages, each looked at by axe, on a machine that may have other work. */
const LONG_SECONDS = 300;

describeWithPeers(['chromium'], 'the dashboard, looked at with 10,000 devices', () => {
  const dashboard = withDashboard(10_000);

  const webhookPath = async (): Promise<string> => {
    const { body } = await dashboard.server.admin.get('/v1/webhooks').expect(200);
    return `/settings/webhooks/${body.items[0].id}`;
  };

  const bulkPath = async (): Promise<string> => {
    const { body } = await dashboard.server.admin.get('/v1/devices/bulk').expect(200);
    return `/devices/bulk/${body.items[0].id}`;
  };

  describe.each(SHAPES)('%s', (shape, options) => {
    it(
      'has no page with a fault that axe knows, an error, or a request elsewhere',
      async () => {
        const { page, faults } = await dashboard.openSignedIn(options);
        const { deviceId, name } = dashboard.device;
        for (const [title, path] of [
          ['fleet', '/'],
          ['devices', '/devices'],
          ['devices-failing', '/devices?health=failing&group=north'],
          ['bulk', '/devices/bulk?health=failing&group=north'],
          ['bulk-job', await bulkPath()],
          ['device', `/devices/${deviceId}`],
          ['device-delete', `/devices/${deviceId}/delete`],
          ['device-revoke', `/devices/${deviceId}/revoke`],
          ['queue', '/queue'],
          ['queue-failed', '/queue?status=failed'],
          ['alarms', '/alarms'],
          ['events', '/events'],
          ['events-critical', '/events?severity=critical'],
          ['audit', '/audit'],
          ['zones', '/zones'],
          ['zone', '/zones/fleet.test'],
          ['enrollment', '/enrollment'],
          ['settings', '/settings'],
          ['webhook', await webhookPath()],
          ['check-form', '/check'],
          ['check-unknown', `/check?name=x${name}`],
        ] as const) {
          if (shape === 'phone-dark' && !PHONE_DARK.includes(title)) continue;
          await page.goto(path);
          await page.evaluate(UNFOLD);
          const found = EXAMINED[shape] === undefined ? [] : await accessibilityFaults(page, EXAMINED[shape]);
          expect({ path, faults: found }).toEqual({ path, faults: [] });
          const overhang = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect({ path, overhang }).toEqual({ path, overhang: 0 });
          await page.evaluate(FOLD);
          await keepScreenshot(page, `${title}-${shape}`);
        }
        expect(faults).toEqual([]);
      },
      LONG_SECONDS * 1000,
    );

    it('has a sign-in and an error page without a fault that axe knows', async () => {
      const { page } = await dashboard.open(options);
      for (const path of ['/sign-in', '/no/such/page']) {
        await page.goto(path);
        expect({ path, faults: await accessibilityFaults(page) }).toEqual({ path, faults: [] });
        await keepScreenshot(page, `${path === '/sign-in' ? 'sign-in' : 'not-found'}-${shape}`);
      }
    });
  });

  it('keeps what a delegation check looks like', async () => {
    const { page } = await dashboard.openSignedIn();
    await page.goto('/zones/fleet.test');
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.getByText('Nothing is wrong').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await keepScreenshot(page, 'zone-checked');
  });

  it('says in words what the chart shows', async () => {
    const { page } = await dashboard.openSignedIn();
    const chart = page.getByRole('img', { name: 'Certificates by the week they expire in' });
    await chart.waitFor();
    await page.getByText('The figures as a table').click();
    const rows = page.getByRole('table', { name: 'Certificates by the week they expire in' }).getByRole('row');
    expect(await rows.count()).toBe(16);
    const { body: fleet } = await dashboard.server.admin.get('/v1/fleet').expect(200);
    const cells = await rows.getByRole('cell').allTextContents();
    const shown = cells.reduce((sum, text) => sum + Number(text), 0);
    const { none, ...others } = fleet.certificates as Record<string, number>;
    expect(shown).toBeGreaterThan(9_000);
    expect(shown + none!).toBeLessThanOrEqual(Object.values(others).reduce((sum, count) => sum + count, none!));
  });
});
