import { randomUUID } from 'node:crypto';
import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startApp, type TestApp } from '../../support/app.js';
import { signIn, type Visitor } from '../../support/dashboard.js';
import { withDatabase } from '../../support/database.js';

const SCRIPT = `<script>alert("x")</script>'`;
const PAGES = [
  '/',
  '/devices',
  '/devices/bulk',
  '/queue',
  '/queue?status=failed',
  '/alarms',
  '/events',
  '/zones',
  '/zones/fleet.test',
  '/enrollment',
  '/settings',
  '/audit',
];

describe('the dashboard: its pages', () => {
  const database = withDatabase();
  let server: TestApp;
  let admin: Visitor;
  let viewer: Visitor;
  let operator: Visitor;

  beforeAll(async () => {
    server = await startApp(database.url);
    const keyOf = async (role: string): Promise<string> =>
      (await server.admin.post('/v1/api-keys').send({ role }).expect(201)).body.key;
    admin = await signIn(server);
    viewer = await signIn(server, await keyOf('viewer'));
    operator = await signIn(server, await keyOf('operator'));
  });
  afterAll(() => server.stop());

  it.each([...PAGES, '/sign-in', '/check'])('keeps everything from elsewhere out of %s', async (path) => {
    const { headers, text } = await (path === '/sign-in' ? server.anyone : admin.agent).get(path).expect(200);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; " +
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    expect(text).not.toMatch(/(src|href|action)="(https?:)?\/\//);
    expect(text).not.toMatch(/<style|\bstyle=|\bon[a-z]+=|<script(?! type="module" src="\/assets\/)/);
  });

  it('serves style, script and icon for ever under an address that names their content', async () => {
    const page = await admin.page('/');
    const paths = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(new Set(paths.map((path) => path.split('.').at(-1)))).toEqual(new Set(['svg', 'css', 'js']));
    for (const path of paths) {
      const { headers } = await server.anyone.get(path).expect(200);
      expect(headers['cache-control']).toContain('immutable');
    }
    await server.anyone.get('/assets/dashboard.css').expect(404);
    await server.anyone.get('/assets/..%2f..%2fpackage.json').expect(404);
  });

  it('shows what devices and operators have written as text', async () => {
    const key = await server.enrollmentKey({ group: SCRIPT, note: SCRIPT });
    const { body: device } = await server.anyone
      .post('/v1/enroll')
      .send({ enrollmentKey: key, hardwareId: SCRIPT })
      .expect(201);
    await admin.submit(`/devices/${device.deviceId}/attributes`, { note: SCRIPT, group: SCRIPT }).expect(303);
    const search = `/devices?q=${encodeURIComponent(SCRIPT)}`;
    for (const path of [search, `/devices/${device.deviceId}`, `/devices/${device.deviceId}/delete`, '/enrollment']) {
      const page = await admin.page(path);
      expect(page).not.toContain('<script>alert');
      expect(page).not.toContain('alert("x")');
    }
    expect(await admin.page(search)).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;');
  });

  it('filters devices by health, state, group and text, and pages without losing one', async () => {
    const group = `g-${randomUUID()}`;
    const key = await server.enrollmentKey({ group });
    const names: string[] = [];
    for (let index = 0; index < 53; index += 1) {
      const { body } = await server.anyone.post('/v1/enroll').send({ enrollmentKey: key }).expect(201);
      names.push(body.name);
    }
    const first = await viewer.page(`/devices?group=${group}`);
    const next = /rel="next" href="([^"]+)"/.exec(first)![1]!.replaceAll('&amp;', '&');
    const second = await viewer.page(next);
    expect(second).not.toContain('rel="next"');
    const shown = [first, second].flatMap((page) => [
      ...page.matchAll(/<code>([a-z0-9]+)<span class="zone">\.fleet\.test</g),
    ]);
    expect(shown.map(([, label]) => `${label}.fleet.test`).toSorted()).toEqual(names.toSorted());
    expect(await viewer.page(`/devices?group=${group}&health=none&state=active`)).toContain(names[0]!.split('.')[0]);
    expect(await viewer.page(`/devices?group=${group}&health=expired`)).toContain('No device fits.');
    await viewer.agent.get('/devices?health=unknown').expect(400);
    await viewer.agent.get('/devices?cursor=unknown').expect(400);
  });

  it('suspends, resumes, notes and deletes a device, and the DNS follows', async () => {
    const dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
    const device = await server.enroll({ addresses: ['10.9.0.1', 'fd00::9'] });
    const path = `/devices/${device.deviceId}`;
    expect(await viewer.page(path)).toContain('<code class="line">10.9.0.1</code>');
    await operator.submit(`${path}/suspend`).expect(303).expect('Location', `${path}?done=suspended`);
    expect(await operator.page(`${path}?done=suspended`)).toContain('The device is suspended');
    await operator.submit(`${path}/resume`).expect(303);
    await operator.submit(`${path}/attributes`, { note: 'cellar', wildcard: 'yes' }).expect(303);
    const changed = await operator.page(path);
    expect(changed).toContain('cellar');
    expect(changed).toContain(`*.${device.name} AAAA`);
    expect(await dns.resolve4(`www.${device.name}`)).toEqual(['10.9.0.1']);
    expect(await operator.page(`${path}/delete`)).toContain('Delete this device?');
    await operator.submit(`${path}/delete`).expect(303).expect('Location', '/devices');
    await expect(dns.resolve4(device.name)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect((await operator.agent.get(path).expect(404)).text).toContain('There is no such page');
  });

  it('makes an enrollment key that works, shows it once with its command, and revokes it', async () => {
    const made = await operator.submit('/enrollment', { note: 'attic', maxUses: '2', zone: 'fleet.test' }).expect(200);
    const key = /--key (fck_[\w-]{43})/.exec(made.text)![1]!;
    expect(made.text).toContain('/agent | sh -s -- enroll --server http');
    await server.anyone.post('/v1/enroll').send({ enrollmentKey: key }).expect(201);
    const listed = await operator.page('/enrollment');
    expect(listed).toContain('1 of 2');
    expect(listed).not.toContain('fck_');
    const id = /name="id" value="([0-9a-f-]{36})"[^]*?attic/.exec(listed.slice(listed.indexOf('attic') - 1))?.[1];
    await operator.submit('/enrollment/revoke', { id: id! }).expect(303);
    await server.anyone.post('/v1/enroll').send({ enrollmentKey: key }).expect(401);
  });

  it.each([
    [{ maxUses: '0' }, 'from 1 to'],
    [{ maxUses: 'many' }, 'from 1 to'],
    [{ expiresAt: '2020-01-01' }, 'in the future'],
    [{ expiresAt: '2027-02-30' }, 'has to be a day'],
    [{ zone: 'example.com' }, 'has to be one of fleet.test'],
    [{ group: 'g'.repeat(101) }, '100 characters at most'],
  ])('shows the form again, with what was entered, for the key %j', async (wrong, sentence) => {
    const { text } = await operator.submit('/enrollment', { note: 'kept text', ...wrong }).expect(400);
    expect(text).toContain(sentence);
    expect(text).toContain('value="kept text"');
  });

  it('sets and deletes fixed records, which the DNS answers', async () => {
    const dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
    const entered = { name: 'www', type: 'A', ttl: '300', values: '192.0.2.7\r\n192.0.2.8\r\n' };
    await operator.submit('/zones/fleet.test/records', entered).expect(303);
    expect((await dns.resolve4('www.fleet.test')).toSorted()).toEqual(['192.0.2.7', '192.0.2.8']);
    expect(await viewer.page('/zones/fleet.test')).toContain('192.0.2.8');
    const wrong = await operator.submit('/zones/fleet.test/records', { ...entered, values: 'nonsense' }).expect(422);
    expect(wrong.text).toContain('is not an IPv4 address');
    expect(wrong.text).toContain('\nnonsense</textarea>');
    await operator.submit('/zones/fleet.test/records/delete', { name: 'www', type: 'A' }).expect(303);
    await expect(dns.resolve4('www.fleet.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('makes transfer keys and secondaries, and shows the secret once', async () => {
    const made = await admin
      .submit('/zones/fleet.test/tsig-keys', { name: 'ns2.example', algorithm: 'hmac-sha256' })
      .expect(200);
    const secret = /secret &quot;([\w+/=]+)&quot;/.exec(made.text)![1]!;
    expect(await admin.page('/zones/fleet.test')).not.toContain(secret);
    const secondary = { address: '127.0.0.1', port: '9', tsigKey: 'ns2.example' };
    await admin.submit('/zones/fleet.test/secondaries', secondary).expect(303);
    const page = await viewer.page('/zones/fleet.test');
    expect(page).toContain('no answer');
    expect(page).toContain('ns1.fleet.test. 3600 IN A 127.0.0.1');
    const id = /secondaries\/delete"[^]*?name="id" value="([0-9a-f-]{36})"/.exec(
      await admin.page('/zones/fleet.test'),
    )![1]!;
    await admin.submit('/zones/fleet.test/tsig-keys/delete', { name: 'ns2.example' }).expect(409);
    await admin.submit('/zones/fleet.test/secondaries/delete', { id }).expect(303);
    await admin.submit('/zones/fleet.test/tsig-keys/delete', { name: 'ns2.example' }).expect(303);
  });

  it('makes and revokes API keys', async () => {
    const made = await admin.submit('/settings/api-keys', { role: 'viewer', note: 'wall display' }).expect(200);
    const key = /fco_[\w-]{43}/.exec(made.text)![0];
    const display = await signIn(server, key);
    const listed = await admin.page('/settings');
    expect(listed).not.toContain(key);
    const row = listed.slice(listed.indexOf('wall display'));
    await admin.submit('/settings/api-keys/revoke', { id: /value="([0-9a-f-]{36})"/.exec(row)![1]! }).expect(303);
    await display.agent.get('/').expect(303);
  });

  it('shows the queue in its order, with reasons and estimates', async () => {
    const devices = [await server.enroll(), await server.enroll()];
    for (const [index, { deviceId, name }] of devices.entries()) {
      await database.dataSource.query(
        `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, reason_code, reason, step, step_at,
                                      failures, queued_at, next_attempt_at, created_at, updated_at)
         VALUES ($1, $2, '', '', '', ARRAY[$3], 'deferred', 'ca_said', 'The CA <wants> us to wait.', 'queued', now(), $4::int,
                 now() - interval '1 hour' * $4::int, now() + interval '3 hours', now(), now())`,
        [randomUUID(), deviceId, name, index],
      );
    }
    const page = await viewer.page('/queue');
    expect(page).toContain('The CA &lt;wants&gt; us to wait.');
    const [earlier, later] = [devices[1]!, devices[0]!].map(({ name }) => page.indexOf(name.split('.')[0]!));
    expect(earlier).toBeGreaterThan(0);
    expect(earlier).toBeLessThan(later!);
    expect(page).toMatch(/1 failed try/);
    expect(page).toMatch(/in 2 hours|in 3 hours/);
    expect(await viewer.page('/')).toContain('The CA &lt;wants&gt; us to wait.');
    await viewer.agent.get('/queue?cursor=nonsense').expect(400);
  });

  it('lets each role do what the API lets it do, and shows no buttons for more', async () => {
    const device = await server.enroll();
    const path = `/devices/${device.deviceId}`;
    const forbidden: [Visitor, string][] = [
      [viewer, `${path}/suspend`],
      [viewer, `${path}/resume`],
      [viewer, `${path}/attributes`],
      [viewer, `${path}/delete`],
      [viewer, '/enrollment'],
      [viewer, '/enrollment/revoke'],
      [viewer, '/zones/fleet.test/records'],
      [viewer, '/zones/fleet.test/records/delete'],
      [operator, '/zones/fleet.test/secondaries'],
      [operator, '/zones/fleet.test/secondaries/delete'],
      [operator, '/zones/fleet.test/tsig-keys'],
      [operator, '/zones/fleet.test/tsig-keys/delete'],
      [operator, '/settings/api-keys'],
      [operator, '/settings/api-keys/revoke'],
    ];
    for (const [visitor, action] of forbidden) {
      const { text } = await visitor.submit(action).expect(403);
      expect(text).toContain('This needs the role');
    }
    await viewer.agent.get(`${path}/delete`).expect(403);
    for (const page of [path, '/enrollment', '/zones/fleet.test', '/settings']) {
      const forms = [...(await viewer.page(page)).matchAll(/<form[^>]* action="([^"]+)"/g)].map(([, action]) => action);
      expect(forms).toEqual(['/sign-out']);
    }
    expect(await operator.page('/settings')).not.toContain('API keys');
  });

  it('shows errors as pages to browsers and as problem documents to programs', async () => {
    const page = await server.anyone.get('/no/such/page').set('Accept', 'text/html,*/*;q=0.8').expect(404);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.text).toContain('There is no such page');
    const problem = await server.anyone.get('/no/such/page').expect(404);
    expect(problem.headers['content-type']).toContain('application/problem+json');
    const api = await server.anyone.get('/v1/nothing').set('Accept', 'text/html').expect(404);
    expect(api.headers['content-type']).toContain('application/problem+json');
    await admin.agent.get('/devices/not-an-id').expect(400).expect('Content-Type', /html/);
    await admin.agent.get(`/devices/${randomUUID()}`).expect(404).expect('Content-Type', /html/);
    await admin.agent.get('/zones/example.com').expect(404).expect('Content-Type', /html/);
  });

  it('streams the figures to who has signed in, and to nobody else', async () => {
    await server.anyone.get('/live/fleet').expect(401);
    const { port } = server.app.getHttpServer().address() as { port: number };
    const cookie = (await signInCookie())!;
    const abort = new AbortController();
    const stream = await fetch(`http://127.0.0.1:${port}/live/fleet`, { headers: { cookie }, signal: abort.signal });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const reader = stream.body!.getReader();
    const text = new TextDecoder().decode((await reader.read()).value);
    abort.abort();
    const { body: fleet } = await server.admin.get('/v1/fleet').expect(200);
    const figures = JSON.parse(/^event: fleet\ndata: (.*)\n\n/.exec(text)![1]!);
    expect(figures).toMatchObject({ devices: fleet.devices.total, none: fleet.certificates.none });
  });

  async function signInCookie(): Promise<string | undefined> {
    const { port } = server.app.getHttpServer().address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ credential: 'fco_test-admin-token-of-this-run' }),
    });
    return answer.headers.getSetCookie()[0]?.split(';')[0];
  }

  it('says that the database is away, in a page, and is back when the database is', async () => {
    await database.interrupt();
    try {
      const { text, headers } = await admin.agent.get('/').expect(503);
      expect(headers['content-type']).toContain('text/html');
      expect(headers['retry-after']).toBeDefined();
      expect(text).toContain('The database cannot be reached right now');
    } finally {
      await database.restore();
    }
    await admin.agent.get('/').expect(200);
  });
});
