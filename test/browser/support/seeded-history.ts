import type { DataSource } from 'typeorm';

import type { EnrolledTestDevice, TestApp } from '../../support/app.js';

const EVENTS = [
  ['certificate.issued', 'info', 'The certificate was issued.'],
  ['certificate.at_risk', 'critical', 'The certificate ends in 9 days and could not be renewed.'],
  ['order.failed', 'warning', 'The order failed: the CA could not validate the name, no TXT record was found.'],
  ['device.silent', 'warning', 'The device has not called for 9 days.'],
  ['device.enrolled', 'info', 'The device has enrolled.'],
] as const;

/** What happened to the fleet before somebody looks: addresses that changed, events, a webhook that cannot be reached. */
export async function seedHistory(dataSource: DataSource, server: TestApp, device: EnrolledTestDevice): Promise<void> {
  const call = server.as(device.token);
  for (const addresses of [['10.20.0.7', 'fd00::7'], ['192.168.178.23'], ['127.0.0.1']]) {
    await call.put('/v1/device/addresses').send({ addresses }).expect(200);
  }
  const { body: webhook } = await server.admin
    .post('/v1/webhooks')
    .send({ url: 'http://127.0.0.1:9/fleetcert', events: ['*'], includeChain: true })
    .expect(201);
  await dataSource.query(
    `INSERT INTO events (type, severity, subject_kind, subject_id, subject_name, message, data, created_at)
     SELECT kind.type, kind.severity, 'device', d.id, d.name, kind.message, '{"attempt": 3}', now() - d.place * interval '7 minutes'
       FROM (SELECT id, name, row_number() OVER (ORDER BY enrolled_at DESC) AS place FROM devices ORDER BY enrolled_at DESC LIMIT 120) AS d
       JOIN unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS kind (type, severity, message, place)
         ON kind.place = 1 + d.place % ${EVENTS.length}
      ORDER BY d.place DESC`,
    [0, 1, 2].map((part) => EVENTS.map((event) => event[part as 0 | 1 | 2])),
  );
  await dataSource.query(
    `INSERT INTO webhook_deliveries (webhook_id, event_id, state, attempts, next_attempt_at, last_error, created_at, ended_at)
     SELECT $1, id, 'dead', 12, now(), 'connect ECONNREFUSED 127.0.0.1:9', created_at, now()
       FROM events ORDER BY id LIMIT 3 ON CONFLICT DO NOTHING`,
    [webhook.id],
  );
  await server.admin.patch(`/v1/devices/${device.deviceId}`).send({ note: 'cellar, rack 2', group: 'lab' }).expect(200);
  await server.admin.post('/v1/enrollment-keys').send({ note: 'first floor', maxUses: 250 }).expect(201);
  const records = { name: 'www', type: 'A', ttl: 300, values: ['192.0.2.7', '192.0.2.8'] };
  await server.admin.put('/v1/zones/fleet.test/records').send(records).expect(200);
  const filter = { group: 'south', q: 'rack 7' };
  const { body: dry } = await server.admin
    .post('/v1/devices/bulk')
    .send({ action: 'retry', filter, dryRun: true })
    .expect(200);
  await server.admin.post('/v1/devices/bulk').send({ action: 'retry', filter, expectedCount: dry.count }).expect(202);
}
