import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, startApp, type EnrolledTestDevice, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { aKey, csrOf } from '../issuer/support/test-issuer.js';
import { fleetcert, type Finished } from './run.js';

const database = withDatabase();
let server: TestApp;
let environment: Record<string, string>;
let device: EnrolledTestDevice;

const run = (...words: string[]): Promise<Finished> => fleetcert(words, environment);
const json = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { code, out, err } = await run(...words, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Record<string, unknown>;
};
const itemsOf = async (...words: string[]): Promise<Record<string, unknown>[]> =>
  (await json(...words))['items'] as Record<string, unknown>[];

beforeAll(async () => {
  server = await startApp(database.url);
  const { port } = server.app.getHttpServer().address() as AddressInfo;
  environment = { FLEETCERT_URL: `http://127.0.0.1:${port}`, FLEETCERT_TOKEN: ADMIN_TOKEN };
  device = await server.enroll({ hardwareId: 'SN-1', addresses: ['10.1.1.4'] });
});
afterAll(() => server.stop());

/** Devices of a group of their own. */
async function enrollGroup(group: string, count: number): Promise<string[]> {
  const key = await server.enrollmentKey({ group });
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const { body } = await server.anyone.post('/v1/enroll').send({ enrollmentKey: key }).expect(201);
    names.push((body as EnrolledTestDevice).name);
  }
  return names;
}

describe('devices', () => {
  it('lists them as a table, as JSON, and none in words', async () => {
    const { code, out } = await run('devices', 'list');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^Device +State +Certificate +Ends +Addresses +Group +Seen$/);
    expect(out).toMatch(new RegExp(`^${device.name} +active +none +– +10\\.1\\.1\\.4`, 'm'));
    expect(await itemsOf('devices')).toMatchObject([{ name: device.name, hardwareId: 'SN-1' }]);
    expect(await run('devices', 'list', '--group', 'nobody')).toMatchObject({ code: 0, out: '', err: 'No devices.\n' });
  });

  it('shows one by its name, label, id, hardware id or address', async () => {
    for (const text of [device.name, device.name.split('.')[0]!, device.deviceId, 'SN-1', '10.1.1.4']) {
      expect((await run('devices', 'show', text)).out).toMatch(new RegExp(`^Name +${device.name}$`, 'm'));
    }
    expect(await json('devices', 'show', 'sn-1')).toMatchObject({ deviceId: device.deviceId });
    const unknown = await run('devices', 'show', 'nothing-like-it');
    expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('There is no device') });
  });

  it('pages through all of them, and stops at a limit', async () => {
    const names = await enrollGroup('paged', 3);
    const found = await itemsOf('devices', 'list', '--group', 'paged');
    expect(found.map(({ name }) => name)).toEqual(names);
    expect(await itemsOf('devices', 'list', '--group', 'paged', '--limit', '2')).toHaveLength(2);
    const last = await itemsOf('devices', 'list', '--group', 'paged', '--sort', '-enrolledAt', '--limit', '1');
    expect(last.map(({ name }) => name)).toEqual([names[2]]);
  });

  it('filters by state, health, search and when they called last', async () => {
    const [name] = await enrollGroup('filtered', 1);
    await run('devices', 'suspend', name!);
    const list = async (...words: string[]): Promise<unknown[]> =>
      (await itemsOf('devices', 'list', '--group', 'filtered', ...words)).map((one) => one['name']);
    expect(await list('--state', 'suspended')).toEqual([name]);
    expect(await list('--state', 'active')).toEqual([]);
    expect(await list('--health', 'none,expired')).toEqual([name]);
    expect(await list('--health', 'ok', '--health', 'expired')).toEqual([]);
    expect(await list('--search', name!.slice(0, 6))).toEqual([name]);
    expect(await list('--silent-since', '1h')).toEqual([]);
    expect(await list('--seen-since', '2020-01-01')).toEqual([name]);
  });

  it('suspends, resumes and deletes by name; deleting needs --yes', async () => {
    const [name] = await enrollGroup('acted', 1);
    expect(await run('devices', 'suspend', name!)).toEqual({ code: 0, out: `${name} is suspended\n`, err: '' });
    expect(await json('devices', 'show', name!)).toMatchObject({ state: 'suspended' });
    expect(await itemsOf('devices', 'resume', name!)).toMatchObject([{ name, state: 'active' }]);
    const without = await run('devices', 'delete', name!);
    expect(without).toMatchObject({
      code: 0,
      out: `${name} would be: delete\n`,
      err: expect.stringContaining('--yes'),
    });
    expect(await json('devices', 'show', name!)).toMatchObject({ state: 'active' });
    expect(await run('devices', 'delete', name!, '--yes')).toMatchObject({ code: 0, out: `${name} is deleted\n` });
    expect(await run('devices', 'show', name!)).toMatchObject({ code: 1 });
  });

  it('goes on with the others when one is not there, and ends with 1', async () => {
    const [name] = await enrollGroup('mixed', 1);
    const { code, out, err } = await run('devices', 'suspend', 'not-there', name!);
    expect({ code, out }).toEqual({ code: 1, out: `${name} is suspended\n` });
    expect(err).toContain('not-there: There is no device');
    expect(err).toContain('1 of 2 devices were refused.');
  });

  it('acts on all that options match: first a dry run, then with --yes', async () => {
    const names = await enrollGroup('bulk', 3);
    for (const words of [['--dry-run'], []]) {
      const dry = await run('devices', 'suspend', '--group', 'bulk', ...words);
      expect(dry).toMatchObject({ code: 0, err: expect.stringContaining('add --yes') });
      expect(dry.out).toContain('suspend: 3 devices');
      for (const name of names) expect(dry.out).toContain(name);
    }
    expect(await itemsOf('devices', 'list', '--group', 'bulk', '--state', 'suspended')).toEqual([]);
    const done = await run('devices', 'suspend', '--group', 'bulk', '--yes');
    expect(done).toEqual({ code: 0, out: 'suspend: 3 done, 0 were so already, 0 failed\n', err: '' });
    expect(await itemsOf('devices', 'list', '--group', 'bulk', '--state', 'suspended')).toHaveLength(3);
    expect(await json('devices', 'delete', '--group', 'bulk', '--yes')).toMatchObject({
      state: 'done',
      total: 3,
      done: 3,
    });
    expect(await itemsOf('devices', 'list', '--group', 'bulk')).toEqual([]);
  });

  it('exports them as CSV and NDJSON', async () => {
    const csv = await run('devices', 'list', '--group', 'paged', '--export', 'csv');
    expect(csv.code).toBe(0);
    expect(csv.out.split('\n')[0]).toContain('name');
    expect(csv.out.trim().split('\n')).toHaveLength(4);
    const ndjson = await run('devices', 'list', '--group', 'paged', '--export', 'ndjson');
    expect(
      ndjson.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { group: string }).group),
    ).toEqual(['paged', 'paged', 'paged']);
  });

  it.each([
    ['no devices', ['devices', 'suspend']],
    ['names and options', ['devices', 'suspend', 'x', '--group', 'y']],
    ['all and options', ['devices', 'suspend', '--all', '--group', 'y']],
    ['a dry run and --yes', ['devices', 'suspend', '--group', 'y', '--yes', '--dry-run']],
    ['an unknown state', ['devices', 'list', '--state', 'gone']],
    ['an unknown health', ['devices', 'list', '--health', 'ok,great']],
    ['a time that is none', ['devices', 'list', '--silent-since', 'soon']],
    ['a limit of none', ['devices', 'list', '--limit', '0']],
    ['an export with a limit', ['devices', 'list', '--export', 'csv', '--limit', '3']],
    ['an unknown option', ['devices', 'list', '--colour']],
    ['an unknown command', ['device']],
    ['an unknown command below one', ['devices', 'lst']],
  ])('ends with 64 for %s', async (_, words) => {
    const { code, out, err } = await run(...words);
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).not.toBe('');
  });
});

describe('orders', () => {
  let orderId: string;
  beforeAll(async () => {
    const { body } = await server
      .as(device.token)
      .post('/v1/device/orders')
      .send({ csr: csrOf(aKey(), [device.name]) })
      .expect(202);
    ({ orderId } = body as { orderId: string });
  });

  it('lists those of a status, with what they wait for', async () => {
    await expect
      .poll(async () => (await itemsOf('orders', 'list', '--status', 'issued')).map((order) => order['orderId']), {
        timeout: 30_000,
      })
      .toContain(orderId);
    const { out } = await run('orders', 'list', '--status', 'issued,failed');
    expect(out).toMatch(new RegExp(`^${orderId} +${device.name} +issued`, 'm'));
    expect(await run('orders', 'list')).toMatchObject({ code: 0, out: '', err: 'No orders.\n' });
  });

  it('exports all of them', async () => {
    const { out } = await run('orders', 'list', '--export', 'ndjson');
    expect(JSON.parse(out.trim())).toMatchObject({ orderId, status: 'issued' });
  });

  it("says why one cannot be retried, in the server's words", async () => {
    const refused = await run('orders', 'retry', orderId);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err.trim()).not.toBe('');
    const wrong = await run('orders', 'retry', 'no-id');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('UUID') });
  });
});

describe('keys', () => {
  it('makes one and prints it alone, so that a script can take it', async () => {
    const made = await run(
      'keys',
      'create',
      '--max-uses',
      '2',
      '--group',
      'by-cli',
      '--expires',
      '2999-01-31',
      '--note',
      'n',
    );
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^fck_\S+\n$/);
    await server.anyone.post('/v1/enroll').send({ enrollmentKey: made.out.trim() }).expect(201);
    const keys = await itemsOf('keys', 'list');
    const key = keys.find(({ group }) => group === 'by-cli')!;
    expect(key).toMatchObject({ maxUses: 2, uses: 1, note: 'n', expiresAt: '2999-01-31T00:00:00.000Z' });
    expect((await run('keys', 'list')).out).toMatch(
      new RegExp(`^${String(key['id'])} .*by-cli +1 of 2 +in \\d+ d +n$`, 'm'),
    );
    expect(await run('keys', 'revoke', String(key['id']))).toMatchObject({
      code: 0,
      out: `${String(key['id'])} is revoked\n`,
    });
    await server.anyone.post('/v1/enroll').send({ enrollmentKey: made.out.trim() }).expect(401);
  });

  it("makes operators' credentials, lists and ends them", async () => {
    const { id, key } = await json('keys', 'create', '--operator', '--role', 'viewer');
    const asViewer = { ...environment, FLEETCERT_TOKEN: String(key) };
    expect(await fleetcert(['devices', 'list', '--limit', '1'], asViewer)).toMatchObject({ code: 0 });
    const refused = await fleetcert(['keys', 'create'], asViewer);
    expect(refused).toMatchObject({ code: 77, out: '', err: expect.stringContaining('operator') });
    expect((await run('keys', 'list', '--operator')).out).toMatch(
      new RegExp(`^${String(id)} +viewer +now +never`, 'm'),
    );
    expect(await json('keys', 'revoke', '--operator', String(id))).toEqual({ items: [{ id }] });
    expect(await fleetcert(['devices', 'list'], asViewer)).toMatchObject({ code: 77 });
  });

  it.each([
    ['an operator without a role', ['keys', 'create', '--operator']],
    ['a role without an operator', ['keys', 'create', '--role', 'viewer']],
    ['uses of an operator', ['keys', 'create', '--operator', '--role', 'viewer', '--max-uses', '1']],
    ['a day that does not exist', ['keys', 'create', '--expires', '2027-02-31x']],
    ['no key', ['keys', 'revoke']],
  ])('ends with 64 for %s', async (_, words) => {
    expect(await run(...words)).toMatchObject({ code: 64, out: '' });
  });
});

describe('fleet status', () => {
  it('prints the fleet at a glance', async () => {
    const { code, out } = await run('fleet', 'status');
    expect(code).toBe(0);
    expect(out).toMatch(/^Fleet {2}\d+ devices/m);
    expect(out).toMatch(/^ok +1 +█/m);
    expect(out).toMatch(/^certificates-per-domain \(fleet\.test\) +49 +50 +in /m);
    expect(out).toMatch(/^fleet\.test +\d+$/m);
    expect(out).toContain(device.name);
  });

  it('prints it as JSON', async () => {
    expect(await json('fleet')).toMatchObject({ certificates: { ok: 1 }, zones: [{ zone: 'fleet.test' }] });
  });
});

describe('limits', () => {
  it('lists what is left, and sets it', async () => {
    expect((await run('limits')).out).toContain('certificates-per-domain (fleet.test): 49 of 50 left');
    const set = await json('limits', 'set', 'certificates-per-domain', '7');
    expect(set).toMatchObject({ limit: 'certificates-per-domain', subject: 'fleet.test', level: 7 });
    expect((await run('limits', 'list')).out).toContain('7 of 50 left');
  });

  it("says the server's own words when it refuses", async () => {
    const tooMany = await run('limits', 'set', 'certificates-per-domain', '51');
    expect(tooMany).toMatchObject({ code: 1, err: expect.stringContaining('At most 50'), out: '' });
  });
});
