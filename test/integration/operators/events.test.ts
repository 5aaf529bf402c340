import { randomUUID } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';

import { EventRetention } from '../../../src/operators/events/event-retention.js';
import { claimJob } from '../../../src/operators/events/periodic-job.js';
import { recordEvents } from '../../../src/platform/events/record-events.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';

interface Item {
  id: string;
  type: string;
  severity: string;
  subject: { kind: string; id: string; name: string };
  message: string;
  data: Record<string, unknown>;
}

describeOnEachDatabase('events', (database) => {
  let server: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    server = await startApp(database.url);
    dataSource = server.app.get(DataSource);
  });
  afterAll(() => server.stop());

  const list = async (query: string): Promise<Item[]> =>
    (await server.admin.get(`/v1/events?${query}`).expect(200)).body.items;

  const note = (message: string, id = 'fleet.test') =>
    recordEvents(dataSource, [{ type: 'zone.feed_lag', subject: { kind: 'zone', id }, message, at: new Date() }]);

  it("tell a device's life, newest first", async () => {
    const device = await server.enroll({ addresses: ['10.1.1.4'] });
    const call = server.as(device.token);
    await call
      .put('/v1/device/addresses')
      .send({ addresses: ['10.1.1.5'] })
      .expect(200);
    await call
      .put('/v1/device/addresses')
      .send({ addresses: ['10.1.1.6'] })
      .expect(200);
    await server.admin.post(`/v1/devices/${device.deviceId}/suspend`).expect(200);
    await server.admin.post(`/v1/devices/${device.deviceId}/suspend`).expect(200);
    await server.admin.post(`/v1/devices/${device.deviceId}/resume`).expect(200);
    await server.admin.delete(`/v1/devices/${device.deviceId}`).expect(204);
    const items = await list(`device=${device.deviceId}`);
    expect(items.map(({ type }) => type)).toEqual([
      'device.deleted',
      'device.resumed',
      'device.suspended',
      'device.addresses_changed',
      'device.enrolled',
    ]);
    expect(items[3]?.data).toEqual({ addresses: ['10.1.1.5'] });
    expect(items[0]?.subject).toEqual({ kind: 'device', id: device.deviceId, name: device.name });
    expect(JSON.stringify(items)).not.toContain(device.token);
  });

  it('filter by type, severity and time', async () => {
    const { deviceId } = await server.enroll();
    const since = new Date();
    await note('late');
    expect(new Set((await list('type=device.enrolled,device.deleted')).map(({ type }) => type))).toEqual(
      new Set(['device.enrolled', 'device.deleted']),
    );
    expect((await list('severity=warning')).every(({ severity }) => severity === 'warning')).toBe(true);
    expect((await list(`since=${since.toISOString()}`)).map(({ message }) => message)).toEqual(['late']);
    expect(await list(`device=${deviceId}&type=zone.feed_lag`)).toEqual([]);
    const { body } = await server.admin.get('/v1/events?type=nothing').expect(400);
    expect(body.errors[0].field).toBe('type');
  });

  it('page by cursor while more come', async () => {
    for (let index = 0; index < 7; index += 1) await note(`page ${index}`, 'paged.test');
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/v1/events?limit=3${cursor ? `&cursor=${cursor}` : ''}`;
      const { body }: { body: { items: Item[]; nextCursor: string | null } } = await server.admin.get(path).expect(200);
      seen.push(...body.items.map(({ message }) => message));
      cursor = body.nextCursor;
      await note('meanwhile', 'other.test');
    } while (cursor !== null);
    const paged = seen.filter((message) => message.startsWith('page '));
    expect(paged).toEqual(['page 6', 'page 5', 'page 4', 'page 3', 'page 2', 'page 1', 'page 0']);
    expect(seen).not.toContain('meanwhile');
  });

  it('have ids in the order of their commits, and none when the transaction is rolled back', async () => {
    const slow = dataSource.createQueryRunner();
    await slow.startTransaction();
    const event = (message: string) => [
      { type: 'zone.feed_lag', subject: { kind: 'zone', id: 'order.test' }, message, at: new Date() } as const,
    ];
    await recordEvents(slow.manager, event('recorded first, committed last'));
    await recordEvents(dataSource, event('recorded last, committed first'));
    await slow.commitTransaction();
    await slow.startTransaction();
    await recordEvents(slow.manager, event('rolled back'));
    await slow.rollbackTransaction();
    await slow.release();
    const items = (await list('type=zone.feed_lag')).filter(({ subject }) => subject.id === 'order.test');
    expect(items.map(({ message }) => message)).toEqual([
      'recorded first, committed last',
      'recorded last, committed first',
    ]);
    expect(Number(items[0]!.id)).toBe(Number(items[1]!.id) + 1);
  });

  it('are streamed as they happen, and resumed after Last-Event-ID', async () => {
    const first = await openStream(server, '/v1/events/stream?type=zone.feed_lag');
    await note('one');
    await server.enroll();
    await note('two');
    const frames = await first.until((text) => text.includes('two'));
    expect(frames).not.toContain('device.enrolled');
    first.close();
    const lastSeen = /id: (\d+)\nevent: zone.feed_lag\ndata: [^\n]*"one"/.exec(frames)?.[1];
    await note('three');
    const second = await openStream(server, '/v1/events/stream?type=zone.feed_lag', lastSeen);
    const resumed = await second.until((text) => text.includes('three'));
    expect([...resumed.matchAll(/"message":"(\w+)"/g)].map((match) => match[1])).toEqual(['two', 'three']);
    second.close();
  });

  it('are streamed to operators only, and not for a nonsensical Last-Event-ID', async () => {
    await server.anyone.get('/v1/events/stream').expect(401);
    await server.admin.get('/v1/events/stream').set('Last-Event-ID', 'x').expect(400);
  });

  it('reach the streams of another server on the same database', async () => {
    const other = await startApp(database.url);
    try {
      const stream = await openStream(other, '/v1/events/stream');
      await note('from afar');
      expect(await stream.until((text) => text.includes('from afar'))).toContain('event: zone.feed_lag');
      stream.close();
    } finally {
      await other.stop();
    }
  });

  it('tell of a sign-in to the dashboard, and of no credential', async () => {
    await server.anyone.post('/sign-in').type('form').send({ credential: ADMIN_TOKEN, next: '/' }).expect(303);
    const [newest] = await list('type=operator.signed_in');
    expect(newest).toMatchObject({ subject: { kind: 'operator', id: 'admin-token' }, data: { role: 'admin' } });
    expect(JSON.stringify(newest)).not.toContain(ADMIN_TOKEN);
  });

  it('are deleted when they are old', async () => {
    const old = new Date(Date.now() - 91 * 86_400_000);
    await recordEvents(dataSource, [
      { type: 'ca.returned', subject: { kind: 'ca', id: 'old' }, message: 'long ago', at: old },
      { type: 'ca.returned', subject: { kind: 'ca', id: 'new' }, message: 'now', at: new Date() },
    ]);
    expect(await server.app.get(EventRetention).run()).toBe(1);
    expect((await list('type=ca.returned')).map(({ message }) => message)).toEqual(['now']);
  });

  it('a periodic job is claimed by one of several servers', async () => {
    const name = randomUUID();
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimJob(dataSource, name, 60)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    await dataSource.query(`UPDATE periodic_jobs SET due_at = now() WHERE name = $1`, [name]);
    const again = await Promise.all(Array.from({ length: 8 }, () => claimJob(dataSource, name, 60)));
    expect(again.filter(Boolean)).toHaveLength(1);
  });
});

async function openStream(server: TestApp, path: string, lastEventId?: string) {
  const { port } = (server.app.getHttpServer() as Server).address() as AddressInfo;
  const headers = {
    authorization: `Bearer ${ADMIN_TOKEN}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, resolve).on('error', reject).end();
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('text/event-stream');
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return {
    until: async (found: (text: string) => boolean): Promise<string> => {
      await expect.poll(() => found(text), { timeout: 10_000, interval: 20 }).toBe(true);
      return text;
    },
    close: () => answer.destroy(),
  };
}
