import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';

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

  it('end with the server, which does not wait for who looks at them', async () => {
    const stream = await fetch(`${origin}/live/fleet`, { headers: { cookie } });
    const start = performance.now();
    isStopped = true;
    await server.stop();
    expect(performance.now() - start).toBeLessThan(CLOSE_MILLISECONDS);
    expect(await stream.text()).toContain('event: fleet');
  });
});
