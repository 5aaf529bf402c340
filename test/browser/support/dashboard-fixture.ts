import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

import { ADMIN_TOKEN, type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { withDatabase } from '../../support/database.js';
import { launchBrowser, watch } from './browser.js';
import { seedFleet } from './seeded-fleet.js';

const ISSUE_SECONDS = 30;

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
    await seedFleet(database.dataSource, seeded, await issue(server, device));
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

/** Orders a certificate for the device as its agent would. @returns the chain (PEM) */
async function issue(server: TestApp, device: EnrolledTestDevice): Promise<string> {
  const call = server.as(device.token);
  const csr = toPem(aCsr({ altNames: { dns: [device.name] } }));
  await call.post('/v1/device/orders').send({ csr }).expect(202);
  for (const end = Date.now() + ISSUE_SECONDS * 1000; Date.now() < end;) {
    const answer = await call.get('/v1/device/certificate').buffer(true);
    if (answer.status === 200) return answer.text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the device got no certificate');
}
