import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { fleetcert } from './run.js';

const database = withDatabase();
let server: TestApp;
let environment: Record<string, string>;

beforeAll(async () => {
  server = await startApp(database.url);
  const { port } = server.app.getHttpServer().address() as AddressInfo;
  environment = { FLEETCERT_URL: `http://127.0.0.1:${port}`, FLEETCERT_TOKEN: ADMIN_TOKEN };
});
afterAll(() => server.stop());

it('lists what is left, and sets it', async () => {
  expect((await fleetcert(['limits'], environment)).out).toContain(
    'certificates-per-domain (fleet.test): 50 of 50 left',
  );
  const set = await fleetcert(['limits', 'set', 'certificates-per-domain', '7', '--json'], environment);
  expect(JSON.parse(set.out)).toMatchObject({ limit: 'certificates-per-domain', subject: 'fleet.test', level: 7 });
  expect((await fleetcert(['limits', 'list'], environment)).out).toContain('7 of 50 left');
});

it("says the server's own words when it refuses", async () => {
  const tooMany = await fleetcert(['limits', 'set', 'certificates-per-domain', '51'], environment);
  expect(tooMany).toMatchObject({ code: 1, err: expect.stringContaining('At most 50'), out: '' });
});
