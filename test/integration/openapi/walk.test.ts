import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, startApp, type EnrolledTestDevice, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { aKey, csrOf } from '../issuer/support/test-issuer.js';
import { ApiWalk, type Method } from './api-walk.js';
import { Description, type NamedCall } from './description.js';
import { SchemaCheck } from './schema-check.js';

const description = new Description();
const database = withDatabase();
const admin = { as: ADMIN_TOKEN };
const ZONE = 'fleet.test';
let server: TestApp;
let walk: ApiWalk;
let viewer: string;
let device: EnrolledTestDevice;

beforeAll(async () => {
  server = await startApp(database.url);
  walk = new ApiWalk(server, description, new SchemaCheck(description));
});
afterAll(() => server.stop());

async function idOf(method: Method, path: string, body: object): Promise<string> {
  const response = await walk.call(method, path, { ...admin, body });
  const made = response.body as { id?: string; accessId?: string };
  return (made.id ?? made.accessId)!;
}

describe('a walk through the API', () => {
  it('a device enrolls, gets a certificate, and ends it', async () => {
    const key = await walk.call('post', '/v1/enrollment-keys', {
      ...admin,
      body: { maxUses: 2, group: 'g', note: 'n' },
    });
    const enrollmentKey = (key.body as { key: string }).key;
    const enrollment = { enrollmentKey, hardwareId: 'SN-1', addresses: ['10.1.1.4'] };
    device = (await walk.call('post', '/v1/enroll', { body: enrollment })).body as EnrolledTestDevice;
    await walk.call('post', '/v1/enroll', { body: enrollment });
    await walk.call('post', '/v1/enroll', { body: { enrollmentKey: 'fck_wrong' } });
    const as = device.token;
    await walk.call('get', '/v1/device', { as });
    await walk.call('get', '/v1/device/certificate', { as });
    await walk.call('put', '/v1/device/addresses', { as, body: { addresses: ['10.1.1.5', 'fd00::5'] } });
    await walk.call('put', '/v1/device/addresses', { as, body: { addresses: ['203.0.113.1'] } });
    await walk.call('post', '/v1/device/orders', { as, body: { csr: 'no CSR' } });
    const csr = csrOf(aKey(), [device.name]);
    const order = await walk.call('post', '/v1/device/orders', { as, body: { csr } });
    const location = order.headers['location'] as string;
    await expect
      .poll(async () => ((await walk.call('get', location, { as })).body as { status: string }).status, {
        timeout: 30_000,
      })
      .toBe('issued');
    await walk.call('post', '/v1/device/orders', { as, body: { csr } });
    await walk.call('get', `/v1/device/orders/${randomUUID()}`, { as });
    const pem = await walk.call('get', '/v1/device/certificate', { as });
    const etag = pem.headers['etag'] as string;
    await walk.call('get', '/v1/device/certificate', { as, headers: { 'If-None-Match': etag } });
    await walk.call('get', '/v1/device/certificate', { as, headers: { Accept: 'application/json' } });
    await walk.call('get', '/v1/device', { as });
    expect(walk.differences).toEqual([]);
  });

  it('operators look at the fleet, its devices and orders, and act on them', async () => {
    for (const path of [
      '/v1/fleet',
      '/v1/fleet/forecast?devices=500',
      '/v1/alarms',
      '/v1/limits',
      '/v1/accounts',
      '/v1/zones',
    ]) {
      await walk.call('get', path, admin);
    }
    await walk.call('put', '/v1/limits', { ...admin, body: { limit: 'certificates-per-domain', remaining: 30 } });
    await walk.call('post', '/v1/limits/resume', { ...admin, body: {} });
    await walk.call('post', '/v1/limits/resume', { ...admin, body: {} });
    await walk.call('get', '/v1/devices?limit=1&sort=-name&health=ok,renewing', admin);
    await walk.call('get', '/v1/devices?limit=0', admin);
    const path = `/v1/devices/${device.deviceId}`;
    await walk.call('get', path, admin);
    await walk.call('patch', path, { ...admin, body: { note: 'n', group: null, wildcard: true, aliases: ['nas'] } });
    const { deviceId: another } = await server.enroll();
    await walk.call('patch', `/v1/devices/${another}`, { ...admin, body: { aliases: ['nas'] } });
    await walk.call('post', `${path}/suspend`, admin);
    await walk.call('put', '/v1/device/addresses', { as: device.token, body: { addresses: [] } });
    await walk.call('post', `${path}/resume`, admin);
    const { body } = await walk.call('get', '/v1/orders?status=issued', admin);
    const [order] = (body as { items: { orderId: string }[] }).items;
    await walk.call('get', `/v1/orders/${order!.orderId}`, admin);
    await walk.call('post', `/v1/orders/${order!.orderId}/retry`, admin);
    for (const list of ['devices', 'orders', 'events', 'audit']) {
      await walk.call('get', `/v1/${list}/export?format=ndjson`, admin);
      await walk.call('get', `/v1/${list}/export`, admin);
    }
    await walk.call('get', '/v1/events', admin);
    await walk.call('get', '/v1/audit', admin);
    expect(walk.differences).toEqual([]);
  });

  it('a failed order is tried again', async () => {
    const other = await server.enroll({ addresses: ['10.1.1.9'] });
    const order = await walk.call('post', '/v1/device/orders', {
      as: other.token,
      body: { csr: csrOf(aKey(), [other.name]) },
    });
    const { orderId } = order.body as { orderId: string };
    await expect
      .poll(async () => (await walk.call('get', `/v1/orders/${orderId}`, admin)).body as object, { timeout: 30_000 })
      .toMatchObject({ status: 'issued' });
    await database.dataSource.query(
      `UPDATE issuance_orders SET status = 'failed', reason_code = 'validation_failed' WHERE id = $1`,
      [orderId],
    );
    const retried = await walk.call('post', `/v1/orders/${orderId}/retry`, admin);
    expect(retried.status).toBe(202);
    expect(walk.differences).toEqual([]);
  });

  it('bulk actions are counted, started, followed and cancelled', async () => {
    const filter = { group: 'of-nobody' };
    await walk.call('post', '/v1/devices/bulk', { ...admin, body: { action: 'suspend', filter, dryRun: true } });
    await walk.call('post', '/v1/devices/bulk', { ...admin, body: { action: 'suspend', filter, expectedCount: 7 } });
    const ids = { ids: [device.deviceId] };
    const job = await idOf('post', '/v1/devices/bulk', { action: 'resume', filter: ids, expectedCount: 1 });
    await expect
      .poll(async () => (await walk.call('get', `/v1/devices/bulk/${job}`, admin)).body as object, { timeout: 20_000 })
      .toMatchObject({ state: 'done' });
    await walk.call('get', `/v1/devices/bulk/${job}/items`, admin);
    await walk.call('get', '/v1/devices/bulk', admin);
    await walk.call('post', `/v1/devices/bulk/${job}/cancel`, admin);
    await database.dataSource.query(
      `INSERT INTO bulk_jobs (id, action, parameters, filter, state, total, operator_id, role, created_at)
       SELECT $1, action, parameters, filter, 'running', 0, operator_id, role, created_at FROM bulk_jobs WHERE id = $2`,
      ['00000000-0000-4000-8000-000000000001', job],
    );
    await walk.call('post', '/v1/devices/bulk/00000000-0000-4000-8000-000000000001/cancel', admin);
    expect(walk.differences).toEqual([]);
  });

  it('keys, webhooks, records, transfers and accesses are made, listed and ended', async () => {
    const apiKey = await walk.call('post', '/v1/api-keys', {
      ...admin,
      body: { role: 'viewer', expiresAt: '2999-01-01T00:00:00Z' },
    });
    viewer = (apiKey.body as { key: string }).key;
    const ended = await idOf('post', '/v1/api-keys', { role: 'operator' });
    const enrollmentKey = await idOf('post', '/v1/enrollment-keys', {});
    const webhook = await idOf('post', '/v1/webhooks', {
      url: 'https://hooks.example.com/x',
      events: ['order.failed'],
    });
    await walk.call('get', `/v1/webhooks/${webhook}/deliveries`, admin);
    await walk.call('post', `/v1/webhooks/${webhook}/retry`, admin);
    const records = `/v1/zones/${ZONE}/records`;
    await walk.call('put', records, { ...admin, body: { name: 'www', type: 'A', ttl: 60, values: ['192.0.2.7'] } });
    await walk.call('put', records, { ...admin, body: { name: 'www', type: 'A', ttl: 60, values: ['no address'] } });
    const keys = `/v1/zones/${ZONE}/tsig-keys`;
    const key = { algorithm: 'hmac-sha256', use: 'transfer' };
    for (const name of ['a.example', 'b.example', 'b.example']) {
      await walk.call('post', keys, { ...admin, body: { ...key, name } });
    }
    const secondaries = `/v1/zones/${ZONE}/secondaries`;
    const secondary = await idOf('post', secondaries, { address: '127.0.0.1', port: 1, tsigKey: 'a.example' });
    const second = await idOf('post', secondaries, { address: '127.0.0.1', port: 2 });
    for (const path of ['/v1/api-keys', '/v1/enrollment-keys', '/v1/webhooks', records, keys, secondaries]) {
      await walk.call('get', path, admin);
    }
    const doors = ['rfc2136', 'acme-dns', 'httpreq', 'dyndns2'];
    for (const door of doors) {
      const own = await walk.call('post', '/v1/device/access', { as: device.token, body: { door } });
      const { accessId } = own.body as { accessId: string };
      await walk.call('get', '/v1/device/access', { as: device.token });
      await walk.call('delete', `/v1/device/access/${accessId}`, { as: device.token });
      const given = await idOf('post', `/v1/devices/${device.deviceId}/access`, { door });
      await walk.call('get', `/v1/devices/${device.deviceId}/access`, admin);
      await walk.call('delete', `/v1/devices/${device.deviceId}/access/${given}`, admin);
    }
    for (const path of [
      `/v1/api-keys/${ended}`,
      `/v1/enrollment-keys/${enrollmentKey}`,
      `/v1/webhooks/${webhook}`,
      `${records}?name=www&type=A`,
      `${keys}?name=a.example`,
      `${secondaries}/${secondary}`,
      `${secondaries}?id=${second}`,
      `${keys}/a.example`,
      `${keys}?name=b.example`,
    ]) {
      await walk.call('delete', path, admin);
    }
    expect(walk.differences).toEqual([]);
  });

  it('an account at the CA gets a new key', async () => {
    const { body } = await walk.call('get', '/v1/accounts', admin);
    const [account] = (body as { items: { id: string }[] }).items;
    await walk.call('get', `/v1/accounts/${account!.id}`, admin);
    await walk.call('post', `/v1/accounts/${account!.id}/rollover`, admin);
    expect(walk.differences).toEqual([]);
  });

  it('programs look at health, measures, roots and the agent, and listen to events', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics', '/roots.pem', '/agent'])
      await walk.call('get', path);
    const etag = (await walk.call('get', '/roots.pem')).headers['etag'] as string;
    await walk.call('get', '/roots.pem', { headers: { 'If-None-Match': etag } });
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    const stream = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}/v1/events/stream`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      signal: stream.signal,
    });
    const { value } = await response.body!.getReader().read();
    stream.abort();
    const headers = Object.fromEntries(response.headers);
    walk.note('get', '/v1/events/stream', response.status, headers, new TextDecoder().decode(value));
    expect(walk.differences).toEqual([]);
  });

  it('a device ends its certificate and changes its credential; an operator deletes it', async () => {
    await walk.call('post', '/v1/device/certificate/revoke', { as: device.token, body: { reason: 'superseded' } });
    await walk.call('post', '/v1/device/certificate/revoke', { as: device.token, body: {} });
    const { body } = await walk.call('post', '/v1/device/token', { as: device.token });
    device = { ...device, token: (body as { token: string }).token };
    const { deviceId } = await server.enroll();
    await walk.call('delete', `/v1/devices/${deviceId}?revoke=true`, admin);
    expect(walk.differences).toEqual([]);
  });
});

describe('every call refuses as it is described to', () => {
  const anyPath = ({ call }: NamedCall): [Method, string] => {
    const [method, path] = call.split(' ') as [string, string];
    const filled = path.replaceAll('{zone}', ZONE).replaceAll(/\{\w+\}/g, () => randomUUID());
    return [method.toLowerCase() as Method, filled];
  };
  const withCredential = description.calls.filter(({ security }) =>
    security?.some((one) => Object.keys(one).length > 0),
  );
  const needsMore = description.calls.filter(
    ({ responses, security }) => responses['403'] && security?.some((one) => one['operatorToken']),
  );
  const withBody = description.calls.filter(({ requestBody }) => requestBody);
  const credentialOf = ({ security = [] }: NamedCall): string =>
    security.some((one) => one['deviceToken']) ? device.token : ADMIN_TOKEN;

  it('without a credential, or with a wrong one', async () => {
    for (const one of withCredential) {
      await walk.call(...anyPath(one), { as: 'fco_wrong' });
    }
    const missed = withCredential.filter(({ call }) => call !== 'GET /metrics' && !walk.seen.has(`${call} 401`));
    expect(missed.map(({ call }) => call)).toEqual([]);
  });

  it('with a role that does not suffice', async () => {
    for (const one of needsMore) await walk.call(...anyPath(one), { as: viewer });
    expect(needsMore.filter(({ call }) => !walk.seen.has(`${call} 403`)).map(({ call }) => call)).toEqual([]);
  });

  it('with a body that is broken, of another type, too large, or has a field too many', async () => {
    for (const one of withBody) {
      const as = credentialOf(one);
      await walk.call(...anyPath(one), { as, raw: { type: 'application/json', text: '{' } });
      await walk.call(...anyPath(one), { as, raw: { type: 'text/plain', text: 'x' } });
      await walk.call(...anyPath(one), {
        as,
        raw: { type: 'application/json', text: JSON.stringify('x'.repeat(70_000)) },
      });
      await walk.call(...anyPath(one), { as, body: { 'field-too-many': 1 } });
    }
    const missed = withBody.flatMap(({ call }) =>
      ['400', '413', '415'].filter((status) => !walk.seen.has(`${call} ${status}`)),
    );
    expect(missed).toEqual([]);
  });

  it('with an identifier of nothing, or one that is none', async () => {
    const ofSomething = description.calls.filter(({ call, responses }) => call.includes('{') && responses['404']);
    for (const one of ofSomething) {
      const [method, path] = anyPath(one);
      const wanted = (one.parameters ?? []).filter((parameter) => parameter.in === 'query' && parameter.required);
      const query = wanted.map(({ name }) => `${name}=a`).join('&');
      const options = { as: credentialOf(one), body: bodyExample(one) };
      await walk.call(method, `${path.replace(ZONE, 'other.test')}?${query}`, options);
      await walk.call(method, path.replaceAll(/[0-9a-f-]{36}/g, 'none'), options);
    }
    expect(ofSomething.filter(({ call }) => !walk.seen.has(`${call} 404`)).map(({ call }) => call)).toEqual([]);
  });

  const bodyExample = ({ requestBody }: NamedCall): unknown => requestBody?.content['application/json']?.example;
});

describe('the description', () => {
  it('agrees with every answer that was seen', () => {
    expect(walk.differences).toEqual([]);
  });

  it('has no answer of a call that is done but those of the walk: a new call belongs into it', () => {
    const done = description.calls.flatMap(({ call, responses }) =>
      Object.keys(responses)
        .filter((status) => Number(status) < 400)
        .map((status) => `${call} ${status}`),
    );
    expect(done.filter((answer) => !walk.seen.has(answer))).toEqual([]);
  });
});
