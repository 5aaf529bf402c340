import { afterAll, beforeAll, expect, it } from 'vitest';

import { observeFleet } from '../../../src/operators/alarms/fleet-observations.js';
import { CertificateExpiries } from '../../../src/operators/dashboard/pages/fleet/certificate-expiries.js';
import { DeviceListing } from '../../../src/operators/devices/device-listing.js';
import { FleetForecasts } from '../../../src/operators/fleet/fleet-forecast.js';
import { FleetFiguresReader } from '../../../src/operators/metrics/fleet-figures.js';
import type { AlarmConfig } from '../../../src/platform/config/app-config.js';
import { type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { storeCertificate } from './support.js';

describeOnEachDatabase('a device whose newest certificate was revoked, with an older one', (database) => {
  let server: TestApp;
  let device: EnrolledTestDevice;

  beforeAll(async () => {
    server = await startApp(database.url);
    device = await server.enroll();
    await storeCertificate(database.dataSource, device.deviceId, 2);
    const newest = await storeCertificate(database.dataSource, device.deviceId, 40);
    await database.dataSource.query(
      `UPDATE certificates SET revoked_at = now(), revocation_reason = 'superseded', revocation_confirmed_at = now() WHERE id = $1`,
      [newest],
    );
  });
  afterAll(() => server.stop());

  it('has no certificate, for the device and for operators alike', async () => {
    expect((await server.as(device.token).get('/v1/device').expect(200)).body.certificate).toBeNull();
    const { body } = await server.admin.get(`/v1/devices/${device.deviceId}`).expect(200);
    expect(body).toMatchObject({ certificateHealth: 'none', certificate: null });
    const listing = server.app.get(DeviceListing);
    expect((await listing.list({ limit: 10, health: 'none' })).items).toHaveLength(1);
    expect((await listing.list({ limit: 10, health: 'at-risk' })).items).toEqual([]);
  });

  it('is counted as one without a certificate', async () => {
    const { body } = await server.admin.get('/v1/fleet').expect(200);
    expect(body.certificates).toEqual({ ok: 0, renewing: 0, 'at-risk': 0, expired: 0, none: 1, failing: 0 });
    expect(body.soonestExpiries).toEqual([]);
    expect(await server.app.get(CertificateExpiries).byWeek()).toEqual([]);
    expect(await server.app.get(FleetForecasts).of(10)).toMatchObject({ established: 0 });
  });

  it('raises no alarm for the older one, and is no figure', async () => {
    const config = { atRiskFraction: 1 / 6, silentDays: 30 } as AlarmConfig;
    expect(await observeFleet(database.dataSource, config, new Date())).toEqual([]);
    expect((await server.app.get(FleetFiguresReader).read()).expiry.count).toBe(0);
  });
});
