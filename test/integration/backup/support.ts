import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';
import type { DataSource } from 'typeorm';

import { isSealedColumn, REBUILT_TABLES } from '../../../src/operators/backup/domain/backup-tables.js';
import { listTables } from '../../../src/operators/backup/table-catalog.js';
import type { TestApp } from '../../support/app.js';
import type { EnrolledTestDevice } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';

/** As few rounds as age takes: the tests are not about guessing passphrases. */
export const QUICK = 1;

export const SILENT = { log: (): void => {}, warn: (): void => {}, debug: (): void => {} };

/** Values that a careless copy would spoil. */
export const AWKWARD_TEXT = 'a\nb\t"c"\\ \\x00 \u2028 \u{1f512} {NULL} é';

/** Orders a certificate for a new key and waits for it. @returns the order's id */
export async function obtainCertificate(server: TestApp, device: EnrolledTestDevice): Promise<string> {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const csr = toPem(aCsr({ key, altNames: { dns: [device.name] } }));
  const { body, status } = await server.as(device.token).post('/v1/device/orders').send({ csr });
  if (status >= 300) throw new Error(`the order was refused: ${JSON.stringify(body)}`);
  const orderId = body.orderId as string;
  for (let round = 0; round < 300; round += 1) {
    const { body: order } = await server.as(device.token).get(`/v1/device/orders/${orderId}`).expect(200);
    if (order.status === 'issued') return orderId;
    if (order.status === 'failed') throw new Error(`the order failed: ${order.reason}`);
    await sleep(100);
  }
  throw new Error('the order was not issued in time');
}

/** Uses the server as devices and operators do, so that there is something in every table that a backup carries. */
export async function useServer(server: TestApp, dataSource: DataSource): Promise<EnrolledTestDevice> {
  const device = await server.enroll({
    hardwareId: 'hardware 1',
    addresses: ['10.1.1.4', 'fd00::4'],
  });
  await obtainCertificate(server, device);
  await server.admin
    .put('/v1/zones/fleet.test/records')
    .send({ name: 'www', type: 'A', ttl: 300, values: ['192.0.2.7', '192.0.2.8'] })
    .expect(200);
  await server.admin
    .post('/v1/zones/fleet.test/tsig-keys')
    .send({ name: 'ns2.example.com', algorithm: 'hmac-sha256', use: 'transfer' })
    .expect(201);
  await server.admin
    .post('/v1/zones/fleet.test/secondaries')
    .send({ address: '127.0.0.1', port: 9, tsigKey: 'ns2.example.com' })
    .expect(201);
  await server.admin.post('/v1/api-keys').send({ role: 'viewer', note: 'a note' }).expect(201);
  await server.admin
    .post('/v1/webhooks')
    .send({ url: 'http://127.0.0.1:9/hook', events: ['device.enrolled', 'device.suspended'] })
    .expect(201);
  await server.admin.post(`/v1/devices/${device.deviceId}/access`).send({ door: 'rfc2136' }).expect(201);
  const other = await server.enroll();
  await server.admin.post(`/v1/devices/${other.deviceId}/suspend`).expect((answer) => answer.ok);
  await fillByHand(dataSource);
  return device;
}

/** What a server that runs for a minute has no reason to write. */
async function fillByHand(dataSource: DataSource): Promise<void> {
  await dataSource.query('UPDATE devices SET note = $1, group_name = $2', [AWKWARD_TEXT, 'null']);
  await dataSource.query(`INSERT INTO mail_messages VALUES ($1, 's', $2, 'pending', 1, now(), NULL, now(), NULL)`, [
    randomUUID(),
    AWKWARD_TEXT,
  ]);
  await dataSource.query(
    `INSERT INTO alarms VALUES ('x', 'y', 'device', NULL, 's', 'm', $1, now(), 'infinity', NULL) ON CONFLICT DO NOTHING`,
    [JSON.stringify({ deep: [{ text: AWKWARD_TEXT, big: 12345678901234567890n.toString(), none: null }] })],
  );
  await dataSource.query(`INSERT INTO issuance_buckets VALUES ('ca', 'odd', 1763683200000.123456789, 7)`);
  await dataSource.query(
    `INSERT INTO device_aliases SELECT 'alias.fleet.test', id, now(), NULL FROM devices ORDER BY id LIMIT 1`,
  );
  await dataSource.query(`UPDATE devices SET addresses = '{10.9.9.9}' WHERE cardinality(addresses) > 0`);
  await dataSource.query(
    `INSERT INTO issuance_cas (ca) VALUES ('https://other.test/directory') ON CONFLICT DO NOTHING`,
  );
  await dataSource.query(
    `INSERT INTO api_tls (name, key_sealed, spki_sha256, csr_der, self_signed_pem, made_at)
     SELECT 'api.example.com', key_sealed, 'x', '\\xff00', 'y', now() FROM acme_accounts LIMIT 1 ON CONFLICT DO NOTHING`,
  );
  await dataSource.query(`INSERT INTO acme_server_blocked_keys VALUES ('sandbox-ca', 'hash')`);
  await dataSource.query(
    `INSERT INTO acme_server_paused_names SELECT id, 'a.fleet.test', now() FROM acme_server_accounts LIMIT 1`,
  );
  await dataSource.query(
    `INSERT INTO webhook_deliveries (webhook_id, event_id, state, next_attempt_at, created_at)
     SELECT w.id, e.id, 'pending', now(), now() FROM webhooks w, events e ORDER BY e.id LIMIT 1 ON CONFLICT DO NOTHING`,
  );
}

/**
 * Every row of every table that a backup carries, as PostgreSQL writes it, sorted; without what a restore changes on
 * purpose: sealed columns and the zones' serials.
 */
export async function contentOf(url: string): Promise<Record<string, string[]>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const content: Record<string, string[]> = {};
    for (const table of await listTables(client)) {
      if (Object.hasOwn(REBUILT_TABLES, table)) continue;
      const { rows } = await client.query<{ row: Record<string, unknown> }>(
        `SELECT to_jsonb(t) AS row FROM "${table}" t`,
      );
      content[table] = rows.map(({ row }) => JSON.stringify(comparable(table, row))).toSorted();
    }
    return content;
  } finally {
    await client.end();
  }
}

function comparable(table: string, row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).filter(([column]) => !isSealedColumn(column) && !(table === 'zones' && column === 'serial')),
  );
}
