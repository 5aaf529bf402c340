import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

import { ADMIN_TOKEN, type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { issueTo } from '../../support/dashboard.js';
import { withDatabase } from '../../support/database.js';
import { launchBrowser, watch } from './browser.js';
import { seedFleet } from './seeded-fleet.js';
import { seedHistory } from './seeded-history.js';

/** The real server with a fleet, and a browser to look at it. */
export interface DashboardFixture {
  readonly server: TestApp;
  readonly origin: string;
  /** A device that went the whole way to a certificate of the sandbox CA. */
  readonly device: EnrolledTestDevice;
  /** A page of a browser that has not signed in; its faults are collected. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; faults: string[] }>;
  /** The same, signed in as the administrator, on the fleet's page. */
  openSignedIn(options?: BrowserContextOptions): Promise<{ page: Page; faults: string[] }>;
}

/** Call it in a describe block; read the members inside hooks and tests. */
export function withDashboard(seeded: number): DashboardFixture {
  const database = withDatabase();
  const contexts: BrowserContext[] = [];
  let server: TestApp;
  let browser: Browser;
  let device: EnrolledTestDevice;

  beforeAll(async () => {
    server = await startApp(database.url);
    device = await server.enroll({ addresses: ['127.0.0.1'], hardwareId: 'SN-REAL' });
    await seedFleet(database.dataSource, seeded, await issueTo(server, device));
    await seedHistory(database.dataSource, server, device);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await browser?.close();
    await server?.stop();
  });

  const fixture: DashboardFixture = {
    get server() {
      return server;
    },
    get origin() {
      const { port } = server.app.getHttpServer().address() as { port: number };
      return `http://127.0.0.1:${port}`;
    },
    get device() {
      return device;
    },
    open: async (options = {}) => {
      const context = await browser.newContext({ baseURL: fixture.origin, ...options });
      contexts.push(context);
      const page = await context.newPage();
      return { page, faults: watch(page, fixture.origin) };
    },
    openSignedIn: async (options) => {
      const opened = await fixture.open(options);
      await opened.page.goto('/sign-in');
      await opened.page.getByLabel('API key or admin token').fill(ADMIN_TOKEN);
      await opened.page.getByRole('button', { name: 'Sign in' }).click();
      await opened.page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
      return opened;
    },
  };
  return fixture;
}
