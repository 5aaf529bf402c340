import { randomUUID } from 'node:crypto';
import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { issueTo, signIn, type Visitor } from '../../support/dashboard.js';
import { withDatabase } from '../../support/database.js';
import { startReceiver, storeOrder, type Receiver } from './support.js';

const LONGEST_MILLISECONDS = 30_000;

/** Waits until `look` finds something. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + LONGEST_MILLISECONDS; Date.now() < end;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not come');
}

describe('the dashboard: what operators do there', () => {
  const database = withDatabase();
  let server: TestApp;
  let admin: Visitor;
  let operator: Visitor;
  let viewer: Visitor;
  let receiver: Receiver;
  /** A device with a certificate. */
  let issued: EnrolledTestDevice;

  beforeAll(async () => {
    server = await startApp(database.url);
    receiver = await startReceiver();
    const keyOf = async (role: string): Promise<string> =>
      (
        await server.admin
          .post('/v1/api-keys')
          .send({ role, note: `the ${role}` })
          .expect(201)
      ).body.key;
    admin = await signIn(server);
    issued = await server.enroll({ addresses: ['10.5.0.1'] });
    await issueTo(server, issued);
    operator = await signIn(server, await keyOf('operator'));
    viewer = await signIn(server, await keyOf('viewer'));
  });
  afterAll(async () => {
    await server.stop();
    await receiver.stop();
  });

  /** The text of a page's part. */
  const partOf = (page: string, name: string): string => {
    const start = page.indexOf(`data-part="${name}"`);
    expect(start).toBeGreaterThan(0);
    return page.slice(start, page.indexOf('</section>', start));
  };

  describe('addresses over time', () => {
    it('shows what a device had before, newest first, and keeps nothing of reports that change nothing', async () => {
      const device = await server.enroll({ addresses: ['10.1.0.1'] });
      const call = server.as(device.token);
      for (const address of ['10.1.0.2', '10.1.0.2', 'fd00::3', '10.1.0.4']) {
        await call
          .put('/v1/device/addresses')
          .send({ addresses: [address] })
          .expect(200);
      }
      const part = partOf(await viewer.page(`/devices/${device.deviceId}`), 'addresses');
      const shown = [...part.matchAll(/<code class="line">([^<]+)<\/code>/g)].map(([, address]) => address);
      expect(shown).toEqual(['10.1.0.4', 'fd00::3', '10.1.0.2', '10.1.0.1']);
      const [present, ...times] = [...part.matchAll(/datetime="([^"]+)"/g)].map(([, time]) => time!);
      const begins = [present, ...times.filter((_, index) => index % 2 === 0)];
      const ends = times.filter((_, index) => index % 2 === 1);
      // Each period ends where the later one begins.
      expect(ends).toEqual(begins.slice(0, -1));
    });

    it('keeps the last fifty of a device whose addresses change all the time', async () => {
      const device = await server.enroll({ addresses: ['10.2.0.0'] });
      for (let index = 1; index <= 53; index += 1) {
        await database.dataSource.query(
          `UPDATE devices SET addresses = ARRAY[$2], addresses_changed_at = addresses_changed_at + interval '1 hour' WHERE id = $1`,
          [device.deviceId, `10.2.0.${index}`],
        );
      }
      const part = partOf(await viewer.page(`/devices/${device.deviceId}`), 'addresses');
      const shown = [...part.matchAll(/<code class="line">10\.2\.0\.(\d+)<\/code>/g)].map(([, last]) => Number(last));
      expect(shown).toEqual(Array.from({ length: 51 }, (_, index) => 53 - index));
    });

    it('forgets them with the device', async () => {
      const device = await server.enroll({ addresses: ['10.3.0.1'] });
      const call = server.as(device.token);
      await call
        .put('/v1/device/addresses')
        .send({ addresses: ['10.3.0.2'] })
        .expect(200);
      const count = async (): Promise<number> =>
        (
          await database.dataSource.query(`SELECT 1 FROM device_address_history WHERE device_id = $1`, [
            device.deviceId,
          ])
        ).length;
      expect(await count()).toBe(1);
      await operator.submit(`/devices/${device.deviceId}/delete`).expect(303);
      expect(await count()).toBe(0);
    });
  });

  it('gives a device further names, and says why one is refused, with what was entered', async () => {
    const dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
    const { deviceId } = await server.enroll({ addresses: ['10.4.0.1'] });
    const path = `/devices/${deviceId}`;
    await operator.submit(`${path}/attributes`, { aliases: 'nas, printer.fleet.test' }).expect(303);
    expect(await dns.resolve4('nas.fleet.test')).toEqual(['10.4.0.1']);
    const page = await viewer.page(path);
    expect(page).toContain('<code class="line">printer.fleet.test</code>');
    const refused = await operator
      .submit(`${path}/attributes`, { aliases: 'nas two.labels', note: 'kept text' })
      .expect(400);
    expect(refused.text).toContain('That did not work.');
    expect(refused.text).toContain('value="kept text"');
    expect(refused.text).toContain('value="nas two.labels"');
    expect(await dns.resolve4('printer.fleet.test')).toEqual(['10.4.0.1']);
  });

  it('shows a certificate in every detail', async () => {
    const device = issued;
    const { body } = await server
      .as(device.token)
      .get('/v1/device/certificate')
      .set('Accept', 'application/json')
      .expect(200);
    const part = partOf(await viewer.page(`/devices/${device.deviceId}`), 'certificate');
    expect(part.replaceAll(':', '').toLowerCase()).toContain(body.sha256);
    for (const fact of ['EC P-256', 'TLS server', 'CN=', device.name, '/directory', '-----BEGIN CERTIFICATE-----']) {
      expect(part).toContain(fact);
    }
    const [{ ari }] = await database.dataSource.query(
      `SELECT ari_cert_id AS ari FROM certificates WHERE device_id = $1`,
      [device.deviceId],
    );
    expect(part).toContain(ari);
  });

  it('revokes a certificate for the reason that was chosen, and says so', async () => {
    const device = issued;
    const path = `/devices/${device.deviceId}`;
    expect(await operator.page(`${path}/revoke`)).toContain('Its key was stolen or disclosed');
    await viewer.agent.get(`${path}/revoke`).expect(403);
    await viewer.submit(`${path}/revoke`, { reason: 'superseded' }).expect(403);
    const wrong = await operator.submit(`${path}/revoke`, { reason: 'because' }).expect(400);
    expect(wrong.text).toContain('The reason has to be one of');
    await operator
      .submit(`${path}/revoke`, { reason: 'superseded' })
      .expect(303)
      .expect('Location', `${path}?done=revoked`);
    const part = partOf(await viewer.page(path), 'certificate');
    expect(part).toContain('superseded');
    expect((await operator.submit(`${path}/revoke`, { reason: 'superseded' }).expect(409)).text).toContain(
      'revoked already',
    );
    await until(async () => partOf(await viewer.page(path), 'certificate').includes('The CA confirmed it on'));
  });

  it('tries an order again from its device and from the queue, and says why not', async () => {
    const [one, other] = [await server.enroll(), await server.enroll()];
    const failed = await storeOrder(database.dataSource, one.deviceId, {
      status: 'failed',
      reason: 'The name was not found.',
    });
    const path = `/devices/${one.deviceId}`;
    expect(await viewer.page(path)).not.toContain('Try again now');
    expect(await operator.page(path)).toContain('Try again now');
    await operator.submit(`/devices/${other.deviceId}/orders/${failed}/retry`).expect(404);
    await viewer.submit(`${path}/orders/${failed}/retry`).expect(403);
    await operator.submit(`${path}/orders/${failed}/retry`).expect(303);
    expect((await server.admin.get(`/v1/orders/${failed}`).expect(200)).body).toMatchObject({ manual: true });

    const waiting = await storeOrder(database.dataSource, other.deviceId, { status: 'deferred', reason: 'Not <now>.' });
    const queue = await operator.page('/queue?reason=Not%20%3Cnow%3E.');
    expect(queue).toContain(`name="id" value="${waiting}"`);
    expect(queue).not.toContain(`name="id" value="${failed}"`);
    const { headers } = await operator.submit('/queue/retry', { id: waiting, reason: 'Not <now>.' }).expect(303);
    expect(headers['location']).toBe('/queue?reason=Not+%3Cnow%3E.&done=retried');
    const issued = await storeOrder(database.dataSource, other.deviceId, { status: 'issued' });
    expect((await operator.submit('/queue/retry', { id: issued }).expect(409)).text).toContain('nothing to retry');
    await viewer.submit('/queue/retry', { id: waiting }).expect(403);
  });

  it('narrows the queue by status, reason and group; failed orders are those that nothing followed', async () => {
    const group = `g-${randomUUID()}`;
    const key = await server.enrollmentKey({ group });
    const enroll = async (): Promise<string> =>
      (await server.anyone.post('/v1/enroll').send({ enrollmentKey: key }).expect(201)).body.deviceId;
    const [first, second, third] = [await enroll(), await enroll(), await enroll()];
    const failed = await storeOrder(database.dataSource, first, { status: 'failed', reason: 'No TXT record.' });
    const followed = await storeOrder(database.dataSource, second, { status: 'failed' });
    await storeOrder(database.dataSource, second, { status: 'issued' });
    const waiting = await storeOrder(database.dataSource, third, {
      status: 'deferred',
      reasonCode: 'ca_said',
      reason: 'Again at 7 o’clock.',
    });
    const fourth = await storeOrder(database.dataSource, await enroll(), {
      status: 'deferred',
      reasonCode: 'ca_said',
      reason: 'Again at 8 o’clock.',
    });
    const ids = async (query: string): Promise<string[]> =>
      [...(await operator.page(`/queue?group=${group}${query}`)).matchAll(/name="id" value="([^"]+)"/g)].map(
        ([, id]) => id!,
      );
    expect((await ids('')).toSorted()).toEqual([waiting, fourth].toSorted());
    expect(await ids('&status=deferred')).toHaveLength(2);
    // Sentences with other times are the same reason.
    expect(await ids('&reason=Again%20at%207%20o%E2%80%99clock.')).toHaveLength(2);
    expect(await ids('&reason=Nothing%20of%20that')).toEqual([]);
    expect(await ids('&status=issuing')).toEqual([]);
    expect(await ids('&status=failed')).toEqual([failed]);
    expect(await ids('&status=failed&reason=No%20TXT%20record.')).toEqual([failed]);
    expect(await ids('&status=failed')).not.toContain(followed);
    await operator.agent.get('/queue?status=issued').expect(400);
  });

  it('does something to all devices that a filter matches, when somebody says how many they are', async () => {
    const group = `g-${randomUUID()}`;
    const key = await server.enrollmentKey({ group });
    const devices: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      devices.push((await server.anyone.post('/v1/enroll').send({ enrollmentKey: key }).expect(201)).body.deviceId);
    }
    expect(await operator.page(`/devices?group=${group}`)).toContain(`/devices/bulk?group=${group}`);
    expect(await operator.page(`/devices/bulk?group=${group}`)).toContain('3 devices at once');
    expect(await operator.page('/devices/bulk')).toContain('No filter is set');
    const wanted = { group, action: 'suspend' };
    expect((await operator.submit('/devices/bulk', wanted).expect(400)).text).toContain('how many devices');
    expect((await operator.submit('/devices/bulk', { ...wanted, count: '2' }).expect(409)).text).toContain(
      'The filter matches 3 devices now, and not 2',
    );
    const { headers } = await operator.submit('/devices/bulk', { ...wanted, count: '3' }).expect(303);
    const job = headers['location']!;
    await until(async () => partOf(await viewer.page(job), 'progress').includes('Ended'));
    expect(partOf(await viewer.page(job), 'items').match(/<span class="badge good">\s*done/g)).toHaveLength(3);
    for (const id of devices) {
      expect((await server.admin.get(`/v1/devices/${id}`).expect(200)).body.state).toBe('suspended');
    }
    await operator.submit(`${job}/cancel`).expect(409);
    await viewer.agent.get('/devices/bulk').expect(403);
    await viewer.submit('/devices/bulk', { ...wanted, count: '3' }).expect(403);
    expect(await operator.page('/devices/bulk')).toContain(job);
  });

  it.each([
    ['/devices/export?format=csv', 'text/csv', /^deviceId|^[a-z]/i],
    ['/devices/export?format=ndjson', 'application/x-ndjson', /^\{/],
    ['/events/export?format=csv', 'text/csv', /./],
    ['/audit/export?format=ndjson', 'application/x-ndjson', /^\{/],
    ['/queue/export?format=csv', 'text/csv', /./],
  ])('hands out %s as a file to who has signed in', async (path, type, content) => {
    await server.enroll();
    const { headers, text, body } = await admin.agent.get(path).buffer(true).expect(200);
    expect(headers['content-type']).toContain(type);
    expect(headers['content-disposition']).toMatch(/^attachment; filename="\w+-\d{4}-\d\d-\d\d\.(csv|ndjson)"$/);
    expect(text ?? body.toString()).toMatch(content);
    await server.anyone.get(path).expect(303);
  });

  it('keeps the audit log, on the screen and as a file, for administrators', async () => {
    await operator.agent.get('/audit').expect(403);
    await operator.agent.get('/audit/export').expect(403);
    expect(await operator.page('/')).not.toContain('href="/audit"');
    await operator.submit('/enrollment', { note: 'seen in the audit' }).expect(200);
    const page = await admin.page('/audit');
    expect(page).toContain('seen in the audit');
    expect(page).toContain('the operator');
    expect(page).not.toMatch(/fc[kdo]_[\w-]{20}/);
    expect(await admin.page('/audit?operator=nobody')).toContain('This operator has done nothing.');
  });

  it('shows events by severity, kind and device, and pages through them', async () => {
    const device = await server.enroll();
    await server.admin.post(`/v1/devices/${device.deviceId}/suspend`).expect(200);
    expect(await viewer.page(`/events?device=${device.deviceId}`)).toContain('was suspended');
    expect(await viewer.page(`/events?device=${device.deviceId}&type=device.enrolled`)).not.toContain('was suspended');
    expect(await viewer.page(`/events?device=${device.deviceId}&severity=critical`)).toContain('No event fits.');
    expect(await viewer.page(`/devices/${device.deviceId}`)).toContain('was suspended');
    await database.dataSource.query(
      `INSERT INTO events (type, severity, subject_kind, subject_id, message, data, created_at)
       SELECT 'limit.near', 'warning', 'limit', 'l', 'Event <' || i || '>', '{}', now() FROM generate_series(1, 60) AS i`,
    );
    const first = await viewer.page('/events?type=limit.near');
    const next = /rel="next" href="([^"]+)"/.exec(first)![1]!.replaceAll('&amp;', '&');
    const shown = [first, await viewer.page(next)].flatMap((page) => [...page.matchAll(/Event &lt;(\d+)&gt;/g)]);
    expect(shown.map(([, number]) => Number(number))).toEqual(Array.from({ length: 60 }, (_, index) => 60 - index));
    for (const wrong of ['severity=loud', 'type=nothing', 'device=x', 'cursor=x']) {
      await viewer.agent.get(`/events?${wrong}`).expect(400);
    }
  });

  it('adds a webhook, shows its secret once, its deliveries, and tries again what was given up', async () => {
    const wrong = await admin.submit('/settings/webhooks', { url: 'ftp://x', scope: 'all' }).expect(400);
    expect(wrong.text).toContain('value="ftp://x"');
    expect(
      (await admin.submit('/settings/webhooks', { url: receiver.url, scope: 'chosen' }).expect(400)).text,
    ).toContain('Choose at least one kind');
    const made = await admin.submit('/settings/webhooks', { url: receiver.url, scope: 'all' }).expect(200);
    const secret = /whsec_[\w+/=-]+/.exec(made.text)![0];
    const settings = await admin.page('/settings');
    expect(settings).not.toContain(secret);
    const path = new RegExp(`href="(/settings/webhooks/[^"]+)"><code>${receiver.url}`).exec(settings)![1]!;
    await server.enroll();
    await until(async () => /badge good">\s*delivered/.test(await admin.page(path)));
    await database.dataSource.query(
      `UPDATE webhook_deliveries SET state = 'dead', last_error = 'it <said> no' WHERE webhook_id = $1`,
      [path.split('/').at(-1)],
    );
    expect(await admin.page(`${path}?state=dead`)).toContain('it &lt;said&gt; no');
    const before = receiver.posts.length;
    await admin.submit(`${path}/retry`).expect(303);
    await until(async () => receiver.posts.length > before);
    await operator.agent.get(path).expect(403);
    await operator.submit('/settings/webhooks', { url: receiver.url, scope: 'all' }).expect(403);
    expect(await operator.page('/settings')).not.toContain(receiver.url);
    await admin.submit(`${path}/delete`).expect(303);
    await admin.agent.get(path).expect(404);
  });

  it('tells a webhook of the chosen kinds of events, and of alarms where nothing else was chosen', async () => {
    const add = async (fields: string): Promise<string[]> => {
      const before = (await server.admin.get('/v1/webhooks').expect(200)).body.items.length;
      await admin.agent
        .post('/settings/webhooks')
        .set('Sec-Fetch-Site', 'same-origin')
        .type('form')
        .send(`csrf=${admin.csrfToken}&url=${encodeURIComponent(receiver.url)}&${fields}`)
        .expect(200);
      const { items } = (await server.admin.get('/v1/webhooks').expect(200)).body;
      expect(items).toHaveLength(before + 1);
      await server.admin.delete(`/v1/webhooks/${items.at(-1).id}`).expect(204);
      return items.at(-1).events;
    };
    expect(await add('scope=chosen&events=order.failed&events=ca.paused&events=nothing')).toEqual([
      'order.failed',
      'ca.paused',
    ]);
    expect(await add('scope=all&events=order.failed')).toEqual(['*']);
    const alarms = await add('scope=alarms');
    expect(alarms).toContain('certificate.at_risk');
    expect(alarms).toContain('alarm.resolved');
    expect(alarms).not.toContain('device.enrolled');
  });

  it("corrects what is left of the CA's limit", async () => {
    const settings = await admin.page('/settings');
    const bucket = /<option value="(certificates-per-domain [^"]+)"/.exec(settings)![1]!;
    expect((await admin.submit('/settings/limits', { bucket, remaining: '1000000' }).expect(400)).text).toContain(
      'At most',
    );
    expect((await admin.submit('/settings/limits', { bucket, remaining: '' }).expect(400)).text).toContain('filled in');
    await admin.submit('/settings/limits', { bucket, remaining: '17' }).expect(303);
    expect(await viewer.page('/settings')).toMatch(/17 of \d/);
    await operator.submit('/settings/limits', { bucket, remaining: '18' }).expect(403);
    await admin.submit('/settings/limits', { bucket, remaining: '40' }).expect(303);
  });

  it('shows the CA with its account, its state and its limits in figures', async () => {
    const page = await viewer.page('/settings');
    expect(page).toContain('Certificate authority: the sandbox CA');
    expect(page).toMatch(/<code>https:\/\/127\.0\.0\.1:\d+\/acme\/acct\//);
    expect(page).toContain('new certificates in a registered domain');
  });

  it('says what is wrong now, the worst first, and that nothing is', async () => {
    // The server looks at the fleet itself, now and then.
    await until(async () => {
      await database.dataSource.query(`DELETE FROM alarms`);
      return (await viewer.page('/alarms')).includes('Nothing is wrong.');
    });
    await database.dataSource.query(
      `INSERT INTO alarms (kind, subject_id, subject_kind, subject_name, scope, message, data, observed_at, seen_at, raised_at)
       VALUES ('device.silent', $1, 'device', $2, 'a test', 'It is <silent>.', '{}', now(), now(), now()),
              ('ca.paused', 'ca', 'ca', 'a CA', 'a test', 'It has paused us.', '{}', now(), now(), now()),
              ('limit.near', 'l', 'limit', NULL, 'a test', 'Nobody was told yet.', '{}', now(), now(), NULL)`,
      [issued.deviceId, issued.name],
    );
    const page = await viewer.page('/alarms');
    expect(page).toContain('It is &lt;silent&gt;.');
    expect(page).toContain(`href="/devices/${issued.deviceId}"`);
    expect(page).not.toContain('Nobody was told yet.');
    expect(page.indexOf('kind=ca.paused')).toBeLessThan(page.indexOf('kind=device.silent'));
    expect(await viewer.page('/alarms?kind=device.silent')).not.toContain('It has paused us.');
    expect(await viewer.page('/')).toMatch(/href="\/alarms\?kind=device.silent"\s*><strong>1<\/strong> devices silent/);
    await viewer.agent.get('/alarms?kind=none').expect(400);
  });

  it('shows that a CA has paused us, and tries again when an administrator says that it is over', async () => {
    const settings = await viewer.page('/settings');
    const directory = /<code>(https:\/\/127\.0\.0\.1:\d+\/directory)<\/code>/.exec(settings)![1]!;
    await database.dataSource.query(
      `INSERT INTO issuance_pauses (ca, name, detail, paused_at, probe_at)
       VALUES ($1, 'paused.fleet.test', 'too many failures', now(), now() + interval '1 day')`,
      [directory],
    );
    await until(async () => (await viewer.page('/settings')).includes('paused.fleet.test'));
    expect(await operator.page('/settings')).not.toContain('The pause is over');
    await operator.submit('/settings/cas/resume', { ca: directory }).expect(403);
    await admin.submit('/settings/cas/resume', { ca: 'https://ca.example/directory' }).expect(404);
    await admin.submit('/settings/cas/resume', { ca: directory }).expect(303);
    expect(await viewer.page('/settings')).not.toContain('paused.fleet.test');
  });

  it('checks a delegation on demand, within its time, one at once', async () => {
    await viewer.submit('/zones/fleet.test/check').expect(403);
    const both = await Promise.all([1, 2].map(() => operator.submit('/zones/fleet.test/check')));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 503]);
    const { text } = await operator.submit('/zones/fleet.test/check').expect(200);
    expect(text).toContain('Nothing is wrong');
    expect(text).toContain('ns1.fleet.test (127.0.0.1:');
    expect(text).toMatch(/recursion|letter case/);
    await operator.submit('/zones/example.com/check').expect(404);
  });

  it('forecasts a rollout of so many devices', async () => {
    const page = await viewer.page('/?devices=5000');
    expect(page).toContain('Forecast: 5,000 more devices');
    expect(page).toMatch(/All have their certificates\s+<strong>in \d+ days<\/strong>/);
    expect(page).toMatch(
      /<desc id="rollout-text">At once: \d+\. Half of them \(2,500\): in \d+ days\. All 5,000: in \d+ days\.<\/desc>/,
    );
    expect(await viewer.page('/?devices=0')).toContain('Say how many devices');
    await viewer.agent.get('/?devices=-1').expect(400);
  });
});
