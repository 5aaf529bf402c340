import { randomBytes } from 'node:crypto';

import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { csrfTokenIn, signIn } from '../../support/dashboard.js';
import { withDatabase } from '../../support/database.js';

describe('the dashboard: who gets in', () => {
  const database = withDatabase();
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(database.url, { FLEETCERT_TRUSTED_PROXIES: '127.0.0.1/32' });
  });
  afterAll(() => server.stop());

  const anew = (): ReturnType<typeof supertest.agent> => supertest.agent(server.app.getHttpServer());
  const firstCookie = ({ headers }: { headers: Record<string, unknown> }): string =>
    (headers['set-cookie'] as string[])[0]!.split(';')[0]!;
  const cookieOf = async (credential: string): Promise<string> =>
    firstCookie(await anew().post('/sign-in').type('form').send({ credential }).expect(303));
  const keyOf = async (role: string): Promise<{ id: string; key: string }> =>
    (await server.admin.post('/v1/api-keys').send({ role }).expect(201)).body;

  it.each([
    '/',
    '/devices?q=a%20b',
    '/queue',
    '/events',
    '/audit',
    '/zones',
    '/zones/fleet.test',
    '/enrollment',
    '/settings',
  ])('sends who has not signed in from %s to the sign-in and back', async (path) => {
    const agent = anew();
    const { headers } = await agent.get(path).expect(303);
    const { pathname, searchParams } = new URL(headers['location']!, 'http://own');
    expect(pathname).toBe('/sign-in');
    const form = await agent.get(headers['location']!).expect(200);
    expect(form.text).toContain(`name="next" value="${path}"`);
    const next = searchParams.get('next') ?? '/';
    const back = await agent.post('/sign-in').type('form').send({ credential: ADMIN_TOKEN, next }).expect(303);
    expect(back.headers['location']).toBe(path);
    await agent.get(path).expect(200);
  });

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'does not lead to %s after the sign-in',
    async (next) => {
      const form = await anew().get('/sign-in').query({ next }).expect(200);
      expect(form.text).toContain('name="next" value="/"');
      const { headers } = await anew().post('/sign-in').type('form').send({ credential: ADMIN_TOKEN, next });
      expect(headers['location']).toBe('/');
    },
  );

  it('sets a cookie that scripts and other sites do not get, for twelve hours, Secure behind https', async () => {
    const plain = await anew().post('/sign-in').type('form').send({ credential: ADMIN_TOKEN }).expect(303);
    const [cookie] = plain.headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(
      /^fleetcert_session=[\w-]+; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    const tls = await anew()
      .post('/sign-in')
      .set('X-Forwarded-Proto', 'https')
      .type('form')
      .send({ credential: ADMIN_TOKEN })
      .expect(303);
    // Of this name no other host of the domain can set one.
    expect((tls.headers['set-cookie'] as unknown as string[])[0]).toMatch(/^__Host-fleetcert_session=.*; Secure/);
  });

  it('puts the credential into no cookie, page or address', async () => {
    const { body: made } = await server.admin.post('/v1/api-keys').send({ role: 'viewer' }).expect(201);
    const answer = await anew().post('/sign-in').type('form').send({ credential: made.key }).expect(303);
    expect(JSON.stringify(answer.headers)).not.toContain(made.key);
    const wrong = await anew().post('/sign-in').type('form').send({ credential: 'fco_wrong' }).expect(401);
    expect(wrong.text).not.toContain('fco_wrong');
    expect(wrong.text).toContain('not a credential of this server');
  });

  it('refuses the credential of a device', async () => {
    const device = await server.enroll();
    await anew().post('/sign-in').type('form').send({ credential: device.token }).expect(401);
  });

  it('ends the session when the key behind it is revoked', async () => {
    const { id, key } = await keyOf('operator');
    const visitor = await signIn(server, key);
    await visitor.page('/devices');
    await server.admin.delete(`/v1/api-keys/${id}`).expect(204);
    const { headers } = await visitor.agent.get('/devices').expect(303);
    expect(headers['location']).toBe('/sign-in?next=%2Fdevices');
    await visitor.agent.get('/live/fleet').expect(401);
  });

  it('ends the session when the key behind it expires', async () => {
    const { id, key } = await keyOf('viewer');
    const visitor = await signIn(server, key);
    await database.dataSource.query(`UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
    await visitor.agent.get('/').expect(303);
  });

  it('takes a role that was changed into account at once', async () => {
    const { id, key } = await keyOf('operator');
    const visitor = await signIn(server, key);
    await database.dataSource.query(`UPDATE api_keys SET role = 'viewer' WHERE id = $1`, [id]);
    await visitor.submit('/enrollment').expect(403);
  });

  it.each([
    ['made up', () => 'fleetcert_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['cut off', (cookie: string) => cookie.slice(0, -9)],
    ['changed', (cookie: string) => cookie.replace(/.(?=.{10}$)/, (last) => (last === 'A' ? 'B' : 'A'))],
  ])('knows a cookie that was %s', async (_how, spoil) => {
    const answer = await anew().post('/sign-in').type('form').send({ credential: ADMIN_TOKEN }).expect(303);
    const cookie = (answer.headers['set-cookie'] as unknown as string[])[0]!.split(';')[0]!;
    await server.anyone.get('/').set('Cookie', cookie).expect(200);
    await server.anyone.get('/').set('Cookie', spoil(cookie)).expect(303);
  });

  it('takes a cookie that was set over plain HTTP for none over https', async () => {
    const cookie = await cookieOf(ADMIN_TOKEN);
    await anew().get('/').set('Cookie', cookie).expect(200);
    await anew().get('/').set('Cookie', cookie).set('X-Forwarded-Proto', 'https').expect(303);
  });

  it('signs out on the server: whoever has copied the cookie is out, too', async () => {
    const visitor = await signIn(server);
    const copied = await cookieOf(ADMIN_TOKEN);
    const page = await anew().get('/').set('Cookie', copied).expect(200);
    await anew()
      .post('/sign-out')
      .set('Cookie', copied)
      .type('form')
      .send({ csrf: csrfTokenIn(page.text) })
      .expect(303)
      .expect('Location', '/sign-in');
    await anew().get('/').set('Cookie', copied).expect(303);
    // Another session of the same credential goes on.
    await visitor.page('/');
    await visitor.submit('/sign-out').expect(303).expect('Location', '/sign-in');
    await visitor.agent.get('/').expect(303);
  });

  it('knows a session on every server of the group, and its end', async () => {
    const secretKey = randomBytes(32).toString('base64');
    const group = await Promise.all([1, 2].map(() => startApp(database.url, { FLEETCERT_SECRET_KEY: secretKey })));
    const [one, other] = group as [TestApp, TestApp];
    try {
      const answer = await one.anyone.post('/sign-in').type('form').send({ credential: ADMIN_TOKEN }).expect(303);
      const cookie = firstCookie(answer);
      const page = await other.anyone.get('/enrollment').set('Cookie', cookie).expect(200);
      const csrf = csrfTokenIn(page.text);
      await one.anyone.post('/sign-out').set('Cookie', cookie).type('form').send({ csrf }).expect(303);
      await other.anyone.get('/').set('Cookie', cookie).expect(303);
    } finally {
      await Promise.all(group.map((member) => member.stop()));
    }
  });

  it('ends the session before when the same browser signs in anew', async () => {
    const before = await cookieOf(ADMIN_TOKEN);
    await anew().post('/sign-in').set('Cookie', before).type('form').send({ credential: ADMIN_TOKEN }).expect(303);
    await anew().get('/').set('Cookie', before).expect(303);
  });

  it('stores no cookie, and forgets sessions that are over', async () => {
    const cookie = await cookieOf(ADMIN_TOKEN);
    const token = cookie.split('=')[1]!;
    const rows = await database.dataSource.query(`SELECT * FROM dashboard_sessions`);
    expect(JSON.stringify(rows)).not.toContain(token);
    await database.dataSource.query(`UPDATE dashboard_sessions SET expires_at = now() - interval '1 second'`);
    await anew().get('/').set('Cookie', cookie).expect(303);
    await cookieOf(ADMIN_TOKEN);
    expect(await database.dataSource.query(`SELECT 1 FROM dashboard_sessions`)).toHaveLength(1);
  });

  it('lists the sessions of a credential, and ends the others at once', async () => {
    const { key } = await keyOf('viewer');
    const visitor = await signIn(server, key);
    const elsewhere = firstCookie(
      await anew().post('/sign-in').set('User-Agent', 'Firefox <on> a phone').type('form').send({ credential: key }),
    );
    const settings = await visitor.page('/settings');
    expect(settings).toContain('Firefox &lt;on&gt; a phone');
    await visitor.submit('/settings/sessions/end-others').expect(303);
    await anew().get('/').set('Cookie', elsewhere).expect(303);
    expect(await visitor.page('/settings')).not.toContain('Firefox');
  });

  it('keeps a bounded number of sessions of a credential: the oldest ends for a new one', async () => {
    const { id, key } = await keyOf('viewer');
    const first = await cookieOf(key);
    await database.dataSource.query(
      `INSERT INTO dashboard_sessions (token_hash, operator_id, fingerprint, created_at, expires_at)
       SELECT sha256(i::text::bytea), $1, '', now() + i * interval '1 microsecond', now() + interval '1 hour' FROM generate_series(1, 99) AS i`,
      [id],
    );
    await anew().get('/').set('Cookie', first).expect(200);
    await cookieOf(key);
    await anew().get('/').set('Cookie', first).expect(303);
  });

  it('lets who follows a link from another site in without a new sign-in', async () => {
    // The browser keeps a SameSite=Strict cookie back on such a request; the page that it gets sends it here again.
    const { text, headers } = await anew().get('/devices?q=a%22b').set('Sec-Fetch-Site', 'cross-site').expect(200);
    expect(text).toContain('<meta http-equiv="refresh" content="0; url=/devices?q=a%22b" />');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    await anew().get('/devices').set('Sec-Fetch-Site', 'same-origin').expect(303);
  });

  it('shows who is signed in no sign-in form', async () => {
    const visitor = await signIn(server);
    await visitor.agent.get('/sign-in?next=%2Fqueue').expect(303).expect('Location', '/queue');
  });

  describe('forms', () => {
    it.each([
      ['no token', { csrf: '' }, {}],
      ['a wrong token', { csrf: 'x'.repeat(43) }, {}],
      ['another site as its origin', {}, { Origin: 'https://evil.example' }],
      ['a hidden origin', {}, { Origin: 'null' }],
      ['Sec-Fetch-Site: cross-site', {}, { 'Sec-Fetch-Site': 'cross-site' }],
      ['Sec-Fetch-Site: same-site', {}, { 'Sec-Fetch-Site': 'same-site' }],
    ])('refuses one with %s, and does nothing', async (_title, fields, headers) => {
      const visitor = await signIn(server);
      const device = await server.enroll();
      const { text } = await visitor.agent
        .post(`/devices/${device.deviceId}/suspend`)
        .set(headers as Record<string, string>)
        .type('form')
        .send({ csrf: visitor.csrfToken, ...fields })
        .expect(403);
      expect(text).toContain('nothing was done');
      const { body } = await server.admin.get(`/v1/devices/${device.deviceId}`).expect(200);
      expect(body.state).toBe('active');
    });

    it("refuses another session's token", async () => {
      const [one, other] = [await signIn(server), await signIn(server)];
      await one.submit('/sign-out', { csrf: other.csrfToken }).expect(403);
    });

    it('refuses a sign-in that another site sends', async () => {
      await anew()
        .post('/sign-in')
        .set('Origin', 'https://evil.example')
        .type('form')
        .send({ credential: ADMIN_TOKEN })
        .expect(403);
    });

    it('refuses a body that is larger than any form', async () => {
      const visitor = await signIn(server);
      await visitor.submit('/enrollment', { note: 'x'.repeat(70_000) }).expect(413);
    });
  });

  it('holds back an address that tries credentials, says for how long, and lets others in', async () => {
    const attempt = (address: string, credential: string): supertest.Test =>
      anew().post('/sign-in').set('X-Forwarded-For', address).type('form').send({ credential });
    for (let index = 0; index < 10; index += 1) await attempt('198.51.100.7', `fco_${index}`).expect(401);
    const { text, headers } = await attempt('198.51.100.7', ADMIN_TOKEN).expect(429);
    expect(text).toContain('Too many tries from your address');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await attempt('198.51.100.8', ADMIN_TOKEN).expect(303);
  });
});
