import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { startApp, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { describeOnEachDatabase } from '../../support/database.js';

/** One certificate every 0.4 seconds after the first 50. */
const SPEED_UP = 30_000;
const DEVICES = 75;

describeOnEachDatabase("a rollout that is larger than Let's Encrypt's burst", (database) => {
  let server: TestApp;
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'fleetcert-ca-settings-'));
    const settings = join(directory, 'settings.json');
    writeFileSync(settings, JSON.stringify({ limitSpeedUp: SPEED_UP }));
    server = await startApp(database.url, {
      FLEETCERT_SANDBOX_CA_SETTINGS: settings,
      FLEETCERT_ORDERS_IN_FLIGHT: '20',
    });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  it('is not refused once by the CA that enforces the limits, and wastes no slot', async () => {
    const enrollmentKey = await server.enrollmentKey();
    for (let index = 0; index < DEVICES; index++) {
      const { body } = await server.anyone.post('/v1/enroll').send({ enrollmentKey }).expect(201);
      const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      const csr = toPem(aCsr({ key, altNames: { dns: [body.name] } }));
      await server.as(body.token).post('/v1/device/orders').send({ csr }).expect(202);
    }
    const issued = async (): Promise<number> => {
      const rows: { issued: number }[] = await database.dataSource.query(
        `SELECT count(*)::int AS issued FROM issuance_orders WHERE status = 'issued'`,
      );
      return rows[0]!.issued;
    };
    for (let round = 0; round < 500 && (await issued()) < DEVICES; round++) await sleep(100);
    expect(await issued()).toBe(DEVICES);

    const refused: unknown[] = await database.dataSource.query(
      `SELECT history FROM issuance_orders o, jsonb_array_elements(o.history) AS event WHERE event ->> 'note' LIKE '%rate limit%'`,
    );
    expect(refused).toEqual([]);
    const leaked: unknown[] = await database.dataSource.query(`SELECT key FROM issuance_buckets WHERE reserved <> 0`);
    expect(leaked).toEqual([]);
  }, 90_000);
});
