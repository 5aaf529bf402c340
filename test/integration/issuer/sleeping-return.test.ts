import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SleepingDevices } from '../../../src/issuer/upkeep/sleeping-devices.js';
import { startApp, type TestApp } from '../../support/app.js';
import { aCsr, toPem } from '../../support/csr-builder.js';
import { describeOnEachDatabase } from '../../support/database.js';

describeOnEachDatabase('a device that slept through its renewal', (database) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(database.url);
  });
  afterAll(() => server.stop());

  it('finds a new certificate for its key on its return, by the calls that it always makes', async () => {
    const device = await server.enroll();
    const call = server.as(device.token);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const csr = toPem(aCsr({ key: privateKey, altNames: { dns: [device.name] } }));
    const { body: order } = await call.post('/v1/device/orders').send({ csr }).expect(202);
    const issued = async (): Promise<number> => {
      const rows: { issued: number }[] = await database.dataSource.query(
        `SELECT count(*)::int AS issued FROM issuance_orders WHERE device_id = $1 AND status = 'issued'`,
        [device.deviceId],
      );
      return rows[0]!.issued;
    };
    const until = async (count: number): Promise<void> => {
      for (let round = 0; round < 600 && (await issued()) < count; round++) await sleep(50);
      expect(await issued()).toBe(count);
    };
    await until(1);
    const { text: before } = await call.get('/v1/device/certificate').expect(200);

    // The renewal was due long ago, and nobody has heard of the device since.
    await database.dataSource.query(
      `UPDATE certificates SET renew_at = now() - interval '60 days' WHERE order_id = $1`,
      [order.orderId],
    );
    await database.dataSource.query(`UPDATE devices SET last_seen_at = now() - interval '70 days' WHERE id = $1`, [
      device.deviceId,
    ]);
    expect(await server.app.get(SleepingDevices).renew()).toBe(1);
    await until(2);

    const { body: found } = await call.get('/v1/device').expect(200);
    expect(Date.parse(found.renewAt)).toBeGreaterThan(Date.now());
    const { text: after } = await call.get('/v1/device/certificate').expect(200);
    const [old, renewed] = [new X509Certificate(before), new X509Certificate(after)];
    expect(renewed.serialNumber).not.toBe(old.serialNumber);
    // One of the two keeps the sign octet.
    expect(BigInt(`0x${renewed.serialNumber}`)).toBe(BigInt(`0x${found.certificate.serial}`));
    expect(renewed.checkPrivateKey(privateKey)).toBe(true);
    // The same CSR again is answered with what is there.
    await call.post('/v1/device/orders').send({ csr }).expect(200);
  }, 90_000);
});
