import { beforeEach, expect, it } from 'vitest';

import type { Device } from '../../../src/devices/domain/device.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { problem, unreachable } from './support/fake-ca.js';
import { aDevice, aKey, resetIssuer, TestIssuer } from './support/test-issuer.js';

describeOnEachDatabase('a revocation', (database) => {
  let issuer: TestIssuer;
  let device: Device;
  beforeEach(async () => {
    await resetIssuer(database);
    issuer = new TestIssuer(database);
    device = await aDevice(database.dataSource);
  });

  it('is recorded first, then told to the CA with its reason', async () => {
    await issuer.order(device);
    await issuer.runDue();
    const revoked = await issuer.revocations.revokeNewest(device.deviceId, 'cessationOfOperation');
    expect(revoked.revokedAt).toBeInstanceOf(Date);
    expect(issuer.ca.revoked).toEqual([]);
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked).toEqual([{ sha256: revoked.sha256, reason: 5 }]);
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked).toHaveLength(1);
  });

  it('is told again and again until the CA confirms', async () => {
    await issuer.order(device);
    await issuer.runDue();
    await issuer.revocations.revokeNewest(device.deviceId, 'unspecified');
    issuer.ca.fail('revokeCertificate', unreachable(), problem('unauthorized', 403), problem('serverInternal', 500));
    for (const seconds of [70, 700, 7_000]) {
      await issuer.revocations.tellCa();
      expect(issuer.ca.revoked).toEqual([]);
      await issuer.revocations.tellCa();
      issuer.clock.advanceSeconds(seconds);
    }
    expect(issuer.ca.count('revokeCertificate')).toBe(3);
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked).toHaveLength(1);
  });

  it('goes without its reason to a CA that does not take it', async () => {
    await issuer.order(device);
    await issuer.runDue();
    await issuer.revocations.revokeNewest(device.deviceId, 'superseded');
    issuer.ca.fail('revokeCertificate', problem('badRevocationReason', 400));
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked).toMatchObject([{ reason: undefined }]);
  });

  it('is told by one server only when several do the round at once', async () => {
    await issuer.order(device);
    await issuer.runDue();
    await issuer.revocations.revokeNewest(device.deviceId, 'unspecified');
    const others = Array.from({ length: 3 }, () => new TestIssuer(database, { ca: issuer.ca, zone: issuer.zone }));
    await Promise.all([issuer, ...others].map(({ revocations }) => revocations.tellCa()));
    expect(issuer.ca.revoked).toHaveLength(1);
  });

  it('refuses what is not there, and what was revoked', async () => {
    await expect(issuer.revocations.revokeNewest(device.deviceId, 'unspecified')).rejects.toMatchObject({
      code: 'no_certificate',
    });
    await issuer.order(device);
    await issuer.runDue();
    await issuer.revocations.revokeNewest(device.deviceId, 'unspecified');
    await expect(issuer.revocations.revokeNewest(device.deviceId, 'superseded')).rejects.toMatchObject({
      code: 'already_revoked',
    });
  });

  it('for a compromised key refuses that key for ever, to every device', async () => {
    const key = aKey();
    await issuer.order(device, key);
    await issuer.runDue();
    await issuer.revocations.revokeNewest(device.deviceId, 'keyCompromise');
    const other = await aDevice(database.dataSource);
    for (const orderer of [device, other]) {
      await expect(issuer.order(orderer, key)).rejects.toMatchObject({
        code: 'csr_rejected',
        detail: expect.stringContaining('compromised'),
      });
    }
    expect(await issuer.order(device)).toMatchObject({ status: 'queued' });
  });

  it('for a compromised key revokes every certificate for it, and may follow one for another reason', async () => {
    const key = aKey();
    await issuer.order(device, key);
    await issuer.runDue();
    issuer.clock.advanceSeconds(75 * 86_400);
    await issuer.order(device, key);
    await issuer.runDue();
    await issuer.revocations.revokeNewest(device.deviceId, 'superseded');
    await issuer.revocations.revokeNewest(device.deviceId, 'keyCompromise');
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked.map(({ reason }) => reason)).toEqual([1, 1]);
  });

  it('for a compromised key fails the open order for it', async () => {
    const key = aKey();
    await issuer.order(device, key);
    await issuer.runDue();
    issuer.clock.advanceSeconds(75 * 86_400);
    const { orderId } = await issuer.order(device, key);
    await issuer.revocations.revokeNewest(device.deviceId, 'keyCompromise');
    expect(await issuer.read(device, orderId)).toMatchObject({ status: 'failed' });
    expect(await issuer.runDue()).toEqual([]);
  });

  it('follows a certificate that was issued for a key while that was reported compromised', async () => {
    const key = aKey();
    await issuer.order(device, key);
    await issuer.runDue();
    await database.dataSource.query(`UPDATE device_keys SET compromised_at = now()`);
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked).toMatchObject([{ reason: 1 }]);
  });

  it('of everything that a device has in force', async () => {
    await issuer.order(device);
    await issuer.runDue();
    await issuer.order(device);
    await issuer.runDue();
    const revokeAll = (): Promise<number> =>
      database.dataSource.transaction((transaction) =>
        issuer.revocations.revokeAll(transaction, device.deviceId, 'cessationOfOperation', issuer.clock.now()),
      );
    expect(await revokeAll()).toBe(2);
    expect(await revokeAll()).toBe(0);
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked.map(({ reason }) => reason)).toEqual([5, 5]);
  });
});
