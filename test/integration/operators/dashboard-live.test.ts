import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { csrfTokenIn } from '../../support/dashboard.js';
import { withDatabase } from '../../support/database.js';
import { storeOrder } from './support.js';

const CLOSE_MILLISECONDS = 5_000;

describe('the live figures', () => {
  const database = withDatabase();
  let server: TestApp;
  let origin: string;
  let cookie: string;

  beforeAll(async () => {
    server = await startApp(database.url);
    origin = `http://127.0.0.1:${(server.app.getHttpServer().address() as { port: number }).port}`;
    const answer = await fetch(`${origin}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ credential: ADMIN_TOKEN }),
    });
    cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!;
  });
  let isStopped = false;
  afterAll(async () => {
    if (!isStopped) await server.stop();
  });

  it('go on while the database is away, and are right when it is back', async () => {
    const stream = await fetch(`${origin}/live/fleet`, { headers: { cookie } });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain('"devices":0');
    await database.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await database.restore();
    await server.enroll();
    let text = '';
    while (!text.includes('"devices":1')) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the stream ended: ${text}`);
      text += value;
    }
    await reader.cancel();
  });

  /** Reads a stream until `wanted` is in it. */
  async function readUntil(path: string, wanted: string | RegExp, act: () => Promise<unknown>): Promise<string> {
    const stream = await fetch(`${origin}${path}`, { headers: { cookie } });
    expect(stream.status).toBe(200);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value!;
    await act();
    while (!(typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text))) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    await reader.cancel();
    return text;
  }

  const versionIn = (page: string): string => /data-live-source="([^"]+)"/.exec(page)![1]!;
  const pageOf = async (path: string): Promise<string> =>
    (await fetch(`${origin}${path}`, { headers: { cookie } })).text();

  it('bring parts of the page that have changed, and none that has not', async () => {
    const text = await readUntil(
      '/live/fleet',
      /event: part\ndata: \{"name":"events"[^\n]*was enrolled[^]*event: part/,
      () => server.enroll(),
    );
    expect(text.split('\n').filter((line) => line.startsWith('data: {"name":"zones"')).length).toBeLessThanOrEqual(2);
    expect(text).toContain('data-part=\\"queue\\"');
  });

  it('tell a page of events that there are more, at once when they came before it looked', async () => {
    const source = versionIn(await pageOf('/events'));
    expect(await readUntil(source, 'event: changed', () => server.enroll())).toMatch(
      /^: here[^]*event: changed\ndata: \{"version":"\d+"\}/,
    );
    // The page was made before that, and its stream begins now.
    expect(await readUntil(source, 'event: changed', () => Promise.resolve())).toMatch(/^event: changed/);
  });

  it('tell the page of a device of its own changes, and of no others', async () => {
    const [device, other] = [await server.enroll({ addresses: ['10.0.0.1'] }), await server.enroll()];
    const source = versionIn(await pageOf(`/devices/${device.deviceId}`));
    const text = await readUntil(source, 'event: changed', async () => {
      await server.admin.patch(`/v1/devices/${other.deviceId}`).send({ note: 'not this one' }).expect(200);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await server
        .as(device.token)
        .put('/v1/device/addresses')
        .send({ addresses: ['10.0.0.2'] })
        .expect(200);
    });
    expect(text.match(/event: changed/g)).toHaveLength(1);
  });

  it('tell the page of the queue of an order that comes', async () => {
    const device = await server.enroll();
    const source = versionIn(await pageOf('/queue'));
    const text = await readUntil(source, 'event: changed', () =>
      storeOrder(database.dataSource, device.deviceId, { status: 'deferred' }),
    );
    expect(text).toContain('event: changed');
  });

  it('end when the session is ended elsewhere', async () => {
    const answer = await fetch(`${origin}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ credential: ADMIN_TOKEN }),
    });
    const own = answer.headers.getSetCookie()[0]!.split(';')[0]!;
    const stream = await fetch(`${origin}/live/events`, { headers: { cookie: own } });
    const csrf = csrfTokenIn(await (await fetch(`${origin}/enrollment`, { headers: { cookie: own } })).text());
    await fetch(`${origin}/sign-out`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: own },
      body: new URLSearchParams({ csrf }),
    });
    expect(await stream.text()).toContain('event: signed-out');
  });

  it.each(['/live/fleet', '/live/events', '/live/queue', '/live/devices/00000000-0000-4000-8000-000000000000'])(
    'refuse who has not signed in at %s',
    async (path) => {
      expect((await fetch(`${origin}${path}`)).status).toBe(401);
    },
  );

  it('end with the server, which does not wait for who looks at them', async () => {
    const stream = await fetch(`${origin}/live/fleet`, { headers: { cookie } });
    const start = performance.now();
    isStopped = true;
    await server.stop();
    expect(performance.now() - start).toBeLessThan(CLOSE_MILLISECONDS);
    expect(await stream.text()).toContain('event: fleet');
  });
});
