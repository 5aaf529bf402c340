import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import type { AddressInfo } from 'node:net';

import { AlarmScan } from '../../../src/operators/alarms/alarm-scan.js';
import { APP_CONFIG, type AppConfig } from '../../../src/platform/config/app-config.js';
import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import { storeCertificate, storeOrder } from './support.js';

describeOnEachDatabase('alarms', (database) => {
  let server: TestApp;
  let dataSource: DataSource;
  let smtp: SMTPServer;
  const mails: string[] = [];
  let refusals = 0;

  beforeAll(async () => {
    smtp = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData: (stream, _session, done) => {
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('end', () => {
          if (refusals > 0) {
            refusals -= 1;
            done(new Error('come back later'));
            return;
          }
          mails.push(text);
          done();
        });
      },
    });
    smtp.on('error', () => undefined);
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()));
    const { port } = smtp.server.address() as AddressInfo;
    server = await startApp(database.url, {
      FLEETCERT_SMTP_URL: `smtp://127.0.0.1:${port}`,
      FLEETCERT_MAIL_FROM: 'fleetcert@example.com',
      FLEETCERT_MAIL_TO: 'ops@example.com',
    });
    dataSource = server.app.get(DataSource);
    // Only looks that the tests ask for, and the next scheduled one far away.
    await dataSource.query(
      `INSERT INTO periodic_jobs VALUES ('alarm-scan', now() + interval '1 day') ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at`,
    );
  });
  afterAll(async () => {
    await server.stop();
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
  });

  const scan = () => server.app.get(AlarmScan).scanFleet();

  /** The mail that holds a text, unfolded. */
  async function arrived(text: string): Promise<string> {
    const unfolded = () => mails.map((mail) => mail.replace(/=\r\n/g, '').replace(/\r\n /g, ' '));
    await expect.poll(() => unfolded().some((mail) => mail.includes(text)), { timeout: 10_000 }).toBe(true);
    return unfolded().find((mail) => mail.includes(text)) ?? '';
  }

  async function events(deviceId: string): Promise<string[]> {
    const { body } = await server.admin.get(`/v1/events?device=${deviceId}`).expect(200);
    return (body.items as { type: string; data: { alarm?: string } }[])
      .map(({ type, data }) => (data.alarm === undefined ? type : `${type} ${data.alarm}`))
      .filter((type) => type !== 'device.enrolled');
  }

  it('are raised once before a certificate expires and once when it has, and resolved by the renewal', async () => {
    const { deviceId } = await server.enroll();
    await storeCertificate(dataSource, deviceId, 11);
    await scan();
    expect(await events(deviceId)).toEqual([]);
    await storeCertificate(dataSource, deviceId, 9);
    await scan();
    await scan();
    expect(await events(deviceId)).toEqual(['certificate.at_risk']);
    await storeCertificate(dataSource, deviceId, -1);
    await scan();
    expect(await events(deviceId)).toEqual(['certificate.expired', 'certificate.at_risk']);
    await storeCertificate(dataSource, deviceId, 60);
    await scan();
    await scan();
    expect((await events(deviceId)).slice(0, 2).toSorted()).toEqual([
      'alarm.resolved certificate.at_risk',
      'alarm.resolved certificate.expired',
    ]);
  });

  it('reach the operator by mail, in one message, and again when they are resolved', async () => {
    const { deviceId, name } = await server.enroll();
    await dataSource.query(`UPDATE event_cursors SET moved_at = now() - interval '1 hour',
      event_id = (SELECT max(id) FROM events) WHERE name = 'mail'`);
    await storeCertificate(dataSource, deviceId, -1);
    refusals = 1;
    mails.length = 0;
    await scan();
    // The mail server refused the first try; the second is due ten seconds later.
    await expect
      .poll(() => dataSource.query(`SELECT last_error FROM mail_messages WHERE state = 'pending' AND attempts = 1`), {
        timeout: 10_000,
      })
      .toContainEqual({ last_error: expect.stringContaining('come back later') });
    await dataSource.query(`UPDATE mail_messages SET next_attempt_at = now() WHERE state = 'pending'`);
    const mail = await arrived(`The certificate of ${name} has expired`);
    expect(mail).toContain('From: fleetcert <fleetcert@example.com>');
    expect(mail).toContain('To: ops@example.com');
    expect(mail).toMatch(/Subject: \[fleetcert\] critical: certificate\.\w+ /);
    expect(mail).toContain('Content-Type: text/plain');

    await dataSource.query(`UPDATE event_cursors SET moved_at = now() - interval '1 hour' WHERE name = 'mail'`);
    await storeCertificate(dataSource, deviceId, 60);
    await scan();
    expect(await arrived(`Resolved: The certificate of ${name} has expired`)).toContain('RESOLVED');
    await expect
      .poll(() => dataSource.query(`SELECT state FROM mail_messages WHERE state <> 'delivered'`), { timeout: 10_000 })
      .toEqual([]);
  });

  it('tell of a device that is silent, and of its return', async () => {
    const { deviceId, token } = await server.enroll();
    await dataSource.query(`UPDATE devices SET enrolled_at = now() - interval '15 days' WHERE id = $1`, [deviceId]);
    await scan();
    await scan();
    expect(await events(deviceId)).toEqual(['device.silent']);
    await server.as(token).get('/v1/device').expect(200);
    await dataSource.query(`UPDATE devices SET last_seen_at = now() WHERE id = $1`, [deviceId]);
    await scan();
    expect((await events(deviceId))[0]).toBe('device.returned device.silent');
  });

  it('leave suspended devices alone', async () => {
    const { deviceId } = await server.enroll();
    await storeCertificate(dataSource, deviceId, -1);
    await server.admin.post(`/v1/devices/${deviceId}/suspend`).expect(200);
    await scan();
    expect(await events(deviceId)).toEqual(['device.suspended']);
  });

  it('end for a failed order when the next one is issued', async () => {
    const { deviceId } = await server.enroll();
    await storeOrder(dataSource, deviceId, { status: 'failed', reasonCode: 'validation_failed', reason: 'No TXT.' });
    await scan();
    // The order itself told of its failure, when it happened.
    expect(await events(deviceId)).toEqual([]);
    await storeOrder(dataSource, deviceId, { status: 'issued' });
    await scan();
    expect(await events(deviceId)).toEqual(['alarm.resolved order.failed']);
  });

  it('tell that the CA has paused us, and wait a while before they say that it cannot be reached', async () => {
    const [paused, unreached] = [await server.enroll(), await server.enroll()];
    await storeOrder(dataSource, paused.deviceId, { status: 'deferred', reasonCode: 'paused', reason: 'Paused.' });
    await storeOrder(dataSource, unreached.deviceId, { status: 'deferred', reasonCode: 'ca_unreachable' });
    await scan();
    const types = async () =>
      (
        (await server.admin.get('/v1/events?type=ca.paused,ca.unreachable,ca.returned').expect(200)).body.items as {
          type: string;
        }[]
      ).map(({ type }) => type);
    expect(await types()).toEqual(['ca.paused']);
    await dataSource.query(
      `UPDATE alarms SET observed_at = now() - interval '3 minutes' WHERE kind = 'ca.unreachable'`,
    );
    await scan();
    expect(await types()).toEqual(['ca.unreachable', 'ca.paused']);
    await dataSource.query(`UPDATE issuance_orders SET reason_code = 'budget' WHERE reason_code = 'ca_unreachable'`);
    await scan();
    expect(await types()).toEqual(['ca.returned', 'ca.unreachable', 'ca.paused']);
  });

  it('tell that a limit of the CA is near, and when there is room again', async () => {
    const { directoryUrl } = server.app.get<AppConfig>(APP_CONFIG).acme;
    const key = 'certificates-per-domain:near.test';
    await dataSource.query(`INSERT INTO issuance_buckets (ca, key, tat, reserved) VALUES ($1, $2, 0, 46)`, [
      directoryUrl,
      key,
    ]);
    const told = async () =>
      ((await server.admin.get('/v1/events').expect(200)).body.items as { type: string; subject: { id: string } }[])
        .filter(({ subject }) => subject.id === key)
        .map(({ type }) => type);
    await scan();
    expect(await told()).toEqual(['limit.near']);
    await dataSource.query(`UPDATE issuance_buckets SET reserved = 10 WHERE key = $1`, [key]);
    await scan();
    expect(await told()).toEqual(['alarm.resolved', 'limit.near']);
  });

  it('tell of a secondary that does not answer', async () => {
    const port = await freePort();
    await server.admin.post('/v1/zones/fleet.test/secondaries').send({ address: '127.0.0.1', port }).expect(201);
    await scan();
    await dataSource.query(
      `UPDATE alarms SET observed_at = now() - interval '3 minutes' WHERE kind = 'secondary.behind'`,
    );
    await scan();
    const { body } = await server.admin.get('/v1/events?type=secondary.behind').expect(200);
    expect(body.items).toHaveLength(1);
    expect(body.items[0].message).toContain(`127.0.0.1 port ${port} of fleet.test does not answer`);
  });

  it('are raised once by servers that look at the same time', async () => {
    const { deviceId } = await server.enroll();
    await storeCertificate(dataSource, deviceId, 3);
    await Promise.all([scan(), scan(), scan()]);
    expect(await events(deviceId)).toEqual(['certificate.at_risk']);
  });

  it('of a server that is gone are resolved by the others', async () => {
    await dataSource.query(
      `INSERT INTO alarms VALUES ('zone.feed_lag', 'fleet.test@gone', 'zone', 'fleet.test', 'server gone', 'Behind.', '{}',
         now() - interval '1 hour', now() - interval '10 minutes', now() - interval '1 hour')`,
    );
    await scan();
    const { body } = await server.admin.get('/v1/events?type=alarm.resolved&limit=1').expect(200);
    expect(body.items[0]).toMatchObject({ subject: { id: 'fleet.test@gone' }, data: { alarm: 'zone.feed_lag' } });
  });

  it('are raised for webhooks and mails that were given up, once each, and resolved when they are tried again', async () => {
    const { body: hook } = await server.admin
      .post('/v1/webhooks')
      .send({ url: 'http://127.0.0.1:9/token-in-the-path', events: ['device.enrolled'] })
      .expect(201);
    await server.enroll();
    const given = async (): Promise<{ subject: { kind: string; id: string }; message: string }[]> =>
      (await server.admin.get('/v1/alarms?kind=delivery.given_up').expect(200)).body.items;
    await expect
      .poll(() => dataSource.query(`SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1`, [hook.id]), {
        timeout: 10_000,
      })
      .not.toEqual([]);
    const giveUp = () =>
      dataSource.query(
        `UPDATE webhook_deliveries SET state = 'dead', last_error = 'no route', ended_at = now() WHERE webhook_id = $1`,
        [hook.id],
      );
    await expect
      .poll(
        async () => {
          await giveUp();
          return dataSource.query(`SELECT DISTINCT state FROM webhook_deliveries WHERE webhook_id = $1`, [hook.id]);
        },
        { timeout: 10_000 },
      )
      .toEqual([{ state: 'dead' }]);
    await dataSource.query(
      `INSERT INTO mail_messages (id, subject, body, state, next_attempt_at, last_error, created_at, ended_at)
       VALUES (gen_random_uuid(), 'x', 'y', 'dead', now(), 'mailbox full', now(), now())`,
    );
    await scan();
    await scan();
    const alarms = await given();
    expect(alarms.map(({ subject }) => subject)).toEqual(
      [
        { kind: 'webhook', id: hook.id },
        { kind: 'mail', id: 'mail' },
      ].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    const texts = alarms.map(({ message }) => message).join();
    expect(texts).toContain('1 delivery to the webhook');
    expect(texts).toContain('no route');
    expect(texts).toContain('mailbox full');
    expect(texts).not.toContain('token-in-the-path');
    const { body: events } = await server.admin.get('/v1/events?type=delivery.given_up').expect(200);
    expect(events.items).toHaveLength(2);

    await server.admin.post(`/v1/webhooks/${hook.id}/retry`).expect(200);
    await dataSource.query(`DELETE FROM mail_messages WHERE state = 'dead'`);
    await scan();
    expect(await given()).toEqual([]);
  });
});
