import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';

import { BulkActions } from '../../../src/operators/bulk/bulk-actions.js';
import { BulkRunner } from '../../../src/operators/bulk/bulk-runner.js';
import { type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { storeCertificate, storeOrder } from './support.js';

interface Job {
  readonly id: string;
  readonly state: string;
  readonly total: number;
  readonly done: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly pending: number;
}

describeOnEachDatabase('bulk actions', (database) => {
  let server: TestApp;
  let dataSource: DataSource;
  let count = 0;

  beforeAll(async () => {
    server = await startApp(database.url);
    dataSource = server.app.get(DataSource);
  });
  afterAll(() => server.stop());

  async function enrolled(devices: number): Promise<{ group: string; devices: EnrolledTestDevice[] }> {
    const group = `bulk-${++count}`;
    const enrollmentKey = await server.enrollmentKey({ group });
    const made: EnrolledTestDevice[] = [];
    for (let index = 0; index < devices; index += 1) {
      made.push(
        (
          await server.anyone
            .post('/v1/enroll')
            .send({ enrollmentKey, addresses: ['10.4.0.1'] })
            .expect(201)
        ).body,
      );
    }
    return { group, devices: made.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  }
  const bulk = (body: object) => server.admin.post('/v1/devices/bulk').send(body);
  const ended = async (id: string): Promise<Job> => {
    const read = async (): Promise<Job> => (await server.admin.get(`/v1/devices/bulk/${id}`).expect(200)).body;
    await expect.poll(async () => (await read()).state, { timeout: 15_000, interval: 50 }).not.toBe('running');
    return read();
  };
  const run = async (body: object, expectedCount: number): Promise<Job> => {
    const { body: job, headers } = await bulk({ ...body, expectedCount }).expect(202);
    expect(headers['location']).toBe(`/v1/devices/bulk/${job.id}`);
    return ended(job.id);
  };
  const statesOf = async (devices: readonly EnrolledTestDevice[]): Promise<string[]> =>
    (
      await dataSource.query(`SELECT state FROM devices WHERE id = ANY ($1::uuid[]) ORDER BY name`, [
        devices.map(({ deviceId }) => deviceId),
      ])
    ).map(({ state }: { state: string }) => state);

  it('are counted and shown by a dry run, which changes nothing', async () => {
    const { group, devices } = await enrolled(3);
    const { body } = await bulk({ action: 'suspend', filter: { group }, dryRun: true }).expect(200);
    expect(body).toEqual({
      dryRun: true,
      action: 'suspend',
      count: 3,
      sample: devices.map(({ deviceId, name }) => ({ deviceId, name })),
    });
    expect(await statesOf(devices)).toEqual(['active', 'active', 'active']);
    expect((await server.admin.get('/v1/devices/bulk').expect(200)).body.items).toEqual([]);
  });

  it('do nothing without the count of the dry run, or when it is not right any more', async () => {
    const { group, devices } = await enrolled(2);
    const { body: missing } = await bulk({ action: 'suspend', filter: { group } }).expect(400);
    expect(missing.errors[0].field).toBe('expectedCount');
    const { body: wrong } = await bulk({ action: 'suspend', filter: { group }, expectedCount: 1 }).expect(409);
    expect(wrong.detail).toContain('matches 2 devices now, and not 1');
    expect(await statesOf(devices)).toEqual(['active', 'active']);
    expect(await dataSource.query(`SELECT 1 FROM bulk_jobs`)).toEqual([]);
  });

  it('suspend and resume, and tell what there was nothing to do for', async () => {
    const { group, devices } = await enrolled(3);
    await server.admin.post(`/v1/devices/${devices[1]!.deviceId}/suspend`).expect(200);
    const job = await run({ action: 'suspend', filter: { group } }, 3);
    expect(job).toMatchObject({ state: 'done', total: 3, done: 2, unchanged: 1, failed: 0, pending: 0, cancelled: 0 });
    expect(await statesOf(devices)).toEqual(['suspended', 'suspended', 'suspended']);
    const { body } = await server.admin.get(`/v1/devices/bulk/${job.id}/items?outcome=unchanged`).expect(200);
    expect(body.items).toEqual([
      { deviceId: devices[1]!.deviceId, name: devices[1]!.name, outcome: 'unchanged', detail: null },
    ]);
    expect(await run({ action: 'resume', filter: { group, state: 'suspended' } }, 3)).toMatchObject({ done: 3 });
  });

  it('set a group, retry, revoke and delete', async () => {
    const { group, devices } = await enrolled(3);
    const [first, second, third] = devices.map(({ deviceId }) => deviceId) as [string, string, string];
    await storeOrder(dataSource, first, { status: 'failed', reasonCode: 'validation_failed' });
    await storeCertificate(dataSource, second, 30);
    const retried = await run({ action: 'retry', filter: { group } }, 3);
    expect(retried).toMatchObject({ done: 1, unchanged: 2 });
    const revoked = await run({ action: 'revoke', filter: { ids: [second, third] }, reason: 'superseded' }, 2);
    expect(revoked).toMatchObject({ done: 1, unchanged: 1 });
    expect(await dataSource.query(`SELECT revocation_reason FROM certificates WHERE device_id = $1`, [second])).toEqual(
      [{ revocation_reason: 'superseded' }],
    );
    expect(await run({ action: 'set-group', filter: { group }, group: `${group}-new` }, 3)).toMatchObject({ done: 3 });
    expect(await run({ action: 'set-group', filter: { group: `${group}-new` }, group: null }, 3)).toMatchObject({
      done: 3,
    });
    const ids = [first, second, third];
    expect(await run({ action: 'delete', filter: { ids }, revoke: true }, 3)).toMatchObject({ done: 3, failed: 0 });
    expect(await statesOf(devices)).toEqual(['deleted', 'deleted', 'deleted']);
  });

  it('go on where they were when the server that did them is gone, and do nothing twice', async () => {
    const { group, devices } = await enrolled(120);
    const actions = server.app.get(BulkActions);
    const perform = actions.perform.bind(actions);
    const calls: string[] = [];
    // The database goes away after some devices, as for a server that dies.
    const spy = vi.spyOn(actions, 'perform').mockImplementation(async (action, parameters, deviceId) => {
      if (calls.length === 60) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
      calls.push(deviceId);
      return perform(action, parameters, deviceId);
    });
    const { body: job } = await bulk({ action: 'suspend', filter: { group }, expectedCount: 120 }).expect(202);
    const shown = async (): Promise<Job> => (await server.admin.get(`/v1/devices/bulk/${job.id}`).expect(200)).body;
    await expect.poll(async () => (await shown()).done, { timeout: 15_000, interval: 50 }).toBe(60);
    expect(await shown()).toMatchObject({ state: 'running', pending: 60, failed: 0 });
    spy.mockRestore();
    expect(await ended(job.id)).toMatchObject({ state: 'done', total: 120, done: 120, unchanged: 0, failed: 0 });
    expect(new Set(await statesOf(devices))).toEqual(new Set(['suspended']));
  });

  it('tell of each device that failed, and why', async () => {
    const { group, devices } = await enrolled(2);
    const actions = server.app.get(BulkActions);
    const perform = actions.perform.bind(actions);
    const spy = vi.spyOn(actions, 'perform').mockImplementation((action, parameters, deviceId) => {
      if (deviceId === devices[0]!.deviceId) return Promise.reject(new Error('a fault with inner details'));
      return perform(action, parameters, deviceId);
    });
    const job = await run({ action: 'suspend', filter: { group } }, 2);
    spy.mockRestore();
    expect(job).toMatchObject({ state: 'done', done: 1, failed: 1 });
    const { body } = await server.admin.get(`/v1/devices/bulk/${job.id}/items?outcome=failed`).expect(200);
    expect(body.items).toEqual([
      {
        deviceId: devices[0]!.deviceId,
        name: devices[0]!.name,
        outcome: 'failed',
        detail: 'The server failed; its log holds the cause.',
      },
    ]);
  });

  it('can be cancelled: what was not done stays as it is, and is told', async () => {
    const { group, devices } = await enrolled(3);
    const spy = vi.spyOn(server.app.get(BulkRunner), 'run').mockResolvedValue(false);
    const { body: job } = await bulk({ action: 'delete', filter: { group }, expectedCount: 3 }).expect(202);
    const { body } = await server.admin.post(`/v1/devices/bulk/${job.id}/cancel`).expect(200);
    expect(body).toMatchObject({ state: 'cancelled', cancelled: 3, done: 0, pending: 0 });
    await server.admin.post(`/v1/devices/bulk/${job.id}/cancel`).expect(409);
    spy.mockRestore();
    expect(await statesOf(devices)).toEqual(['active', 'active', 'active']);
  });

  it('are written down in the audit log: who began them with what filter, and how they ended', async () => {
    const { group } = await enrolled(1);
    const job = await run({ action: 'suspend', filter: { group, q: group } }, 1);
    await expect
      .poll(async () => (await server.admin.get('/v1/audit?limit=5').expect(200)).body.items, { timeout: 5_000 })
      .toContainEqual(
        expect.objectContaining({
          action: 'bulk suspend ended',
          target: job.id,
          operatorId: 'admin-token',
          details: { done: 1, unchanged: 0, failed: 0 },
          outcome: 'done',
        }),
      );
    const { body } = await server.admin.get('/v1/audit?limit=5').expect(200);
    expect(body.items).toContainEqual(
      expect.objectContaining({
        action: 'POST /v1/devices/bulk',
        target: job.id,
        details: { action: 'suspend', expectedCount: 1, filter: { group, q: group } },
        status: 202,
      }),
    );
  });

  it.each([
    [{ action: 'explode', filter: {} }, 'action'],
    [{ action: 'suspend' }, 'filter'],
    [{ action: 'suspend', filter: null }, 'filter'],
    [{ action: 'suspend', filter: [] }, 'filter'],
    [{ action: 'suspend', filter: { colour: 'red' } }, 'filter.colour'],
    [{ action: 'suspend', filter: { ids: ['x'] } }, 'filter.ids'],
    [{ action: 'suspend', filter: { health: ['well'] } }, 'filter.health'],
    [{ action: 'suspend', filter: {}, group: 'x' }, 'group'],
    [{ action: 'set-group', filter: {} }, 'group'],
    [{ action: 'suspend', filter: {}, revoke: true }, 'revoke'],
    [{ action: 'delete', filter: {}, reason: 'superseded' }, 'reason'],
    [{ action: 'suspend', filter: {}, expectedCount: -1 }, 'expectedCount'],
    [{ action: 'suspend', filter: {}, dryRun: 'yes' }, 'dryRun'],
  ])('are refused as %j, naming the field', async (body, field) => {
    const answer = await bulk(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  it('are for operators; viewers may look', async () => {
    const { body: key } = await server.admin.post('/v1/api-keys').send({ role: 'viewer' }).expect(201);
    await server.as(key.key).post('/v1/devices/bulk').send({ action: 'suspend', filter: {}, dryRun: true }).expect(403);
    const { body } = await server.as(key.key).get('/v1/devices/bulk?limit=2').expect(200);
    expect(body.items).toHaveLength(2);
    const { body: next } = await server
      .as(key.key)
      .get(`/v1/devices/bulk?limit=2&cursor=${body.nextCursor}`)
      .expect(200);
    const ids = [...body.items, ...next.items].map(({ id }: Job) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
