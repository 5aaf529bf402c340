import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { limitsCommand } from '../../../src/cli/limits.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';

const database = withDatabase();
let server: TestApp;
let url: string;

beforeAll(async () => {
  server = await startApp(database.url);
  url = `http://127.0.0.1:${(server.app.getHttpServer().address() as AddressInfo).port}`;
});
afterAll(() => server.stop());
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

async function limits(environment: Record<string, string>, ...words: string[]) {
  const printed: string[] = [];
  let errors = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((errors += String(text)), true));
  await limitsCommand(environment, (text) => printed.push(text)).parseAsync(words, { from: 'user' });
  return { out: printed.join('\n'), errors, exitCode: process.exitCode };
}

it('lists what is left, and sets it', async () => {
  const environment = { FLEETCERT_URL: url, FLEETCERT_TOKEN: ADMIN_TOKEN };
  expect((await limits(environment)).out).toContain('certificates-per-domain (fleet.test): 50 of 50 left');
  const set = await limits(environment, 'set', 'certificates-per-domain', '7', '--json');
  expect(JSON.parse(set.out)).toMatchObject({ limit: 'certificates-per-domain', subject: 'fleet.test', level: 7 });
  expect((await limits(environment, 'list')).out).toContain('7 of 50 left');
});

it('says in words what is wrong, with an exit code of its own', async () => {
  expect(await limits({})).toMatchObject({ exitCode: 78, errors: expect.stringContaining('FLEETCERT_URL') });
  const wrongToken = { FLEETCERT_URL: url, FLEETCERT_TOKEN: 'fco_wrong' };
  expect(await limits(wrongToken)).toMatchObject({ exitCode: 77 });
  const environment = { FLEETCERT_URL: url, FLEETCERT_TOKEN: ADMIN_TOKEN };
  const tooMany = await limits(environment, 'set', 'certificates-per-domain', '51');
  expect(tooMany).toMatchObject({ exitCode: 1, errors: expect.stringContaining('At most 50') });
  const nowhere = { FLEETCERT_URL: 'http://127.0.0.1:1', FLEETCERT_TOKEN: ADMIN_TOKEN };
  expect(await limits(nowhere)).toMatchObject({ exitCode: 69, errors: expect.stringContaining('cannot be reached') });
});
