import { beforeEach, expect, it } from 'vitest';

import { DeviceLifecycle } from '../../../src/devices/device-lifecycle.js';
import type { Device } from '../../../src/devices/domain/device.js';
import { NamePublisher } from '../../../src/devices/ports/name-publisher.js';
import type { AccessGrants } from '../../../src/operators/access/access-grants.js';
import { DeviceRemoval } from '../../../src/operators/devices/device-removal.js';
import type { JoinedWrite } from '../../../src/platform/database/joined-write.js';
import { pipelinedTransaction } from '../../../src/platform/database/pipelined-transaction.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { aDevice, resetIssuer, TestIssuer } from './support/test-issuer.js';

describeOnEachDatabase('a device that is deleted while its order is on its way', (database) => {
  let issuer: TestIssuer;
  let device: Device;
  let orderId: string;
  beforeEach(async () => {
    await resetIssuer(database);
    issuer = new TestIssuer(database);
    device = await aDevice(database.dataSource);
    ({ orderId } = await issuer.order(device));
  });

  class NoZone extends NamePublisher {
    async publish(): Promise<void> {
      throw new Error('nothing is published here');
    }

    async withdraw(_device: object, { writer, item }: JoinedWrite): Promise<void> {
      await pipelinedTransaction(database.dataSource, (pipeline) => writer.write(pipeline.manager, [item], pipeline));
    }
  }

  const remove = (revoke: boolean): Promise<void> => {
    const lifecycle = new DeviceLifecycle(database.dataSource, new NoZone(), issuer.clock);
    const access: Pick<AccessGrants, 'endAll' | 'published'> = {
      endAll: async () => undefined,
      published: async () => undefined,
    };
    return new DeviceRemoval(lifecycle, issuer.revocations, access as AccessGrants).remove(device.deviceId, { revoke });
  };

  const failHopeless = (): Promise<number> =>
    database.dataSource.transaction((transaction) => issuer.hopeless.fail(transaction, issuer.clock.now()));

  const certificates = (): Promise<{ revoked: boolean; reason: string | null }[]> =>
    database.dataSource.query(
      `SELECT revoked_at IS NOT NULL AS revoked, revocation_reason AS reason FROM certificates WHERE device_id = $1`,
      [device.deviceId],
    );

  /** The CA has the CSR and takes its time. */
  const parked = async (): Promise<void> => {
    issuer.ca.processingPolls = 1;
    issuer.ca.tamper = async (pem) => {
      issuer.ca.retryAfterSeconds = 30;
      return pem;
    };
    expect(await issuer.runDue()).toEqual(['parked']);
    expect(await issuer.row(orderId)).toMatchObject({ step: 'authorized' });
  };

  it.each([true, false])('gets no TXT record when the CA has made its order only (revoke: %s)', async (revoke) => {
    const { progress } = issuer;
    const record = progress.recordAcmeOrder.bind(progress);
    progress.recordAcmeOrder = async (...made) => {
      await record(...made);
      await remove(revoke);
    };
    expect(await issuer.runDue()).toEqual(['failed']);
    expect(await issuer.row(orderId)).toMatchObject({
      reason_code: 'device_removed',
      reason: 'The device was removed.',
    });
    expect(issuer.zone.published).toBe(0);
    expect(issuer.ca.count('deactivateAuthorization')).toBe(1);
    expect(issuer.ca.issued).toEqual([]);
  });

  it('has the CA not look for a TXT record that was published', async () => {
    issuer.zone.confirmServed = () => remove(true);
    expect(await issuer.runDue()).toEqual(['failed']);
    expect(await issuer.row(orderId)).toMatchObject({ reason_code: 'device_removed' });
    expect(issuer.ca.count('completeChallenge')).toBe(0);
    expect(issuer.zone.size).toBe(0);
  });

  it('has the CSR not sent when it is deleted between validation and finalize', async () => {
    const { progress } = issuer;
    const ask = progress.isDeviceRemoved.bind(progress);
    progress.isDeviceRemoved = async (deviceId) => {
      if (issuer.ca.orders[0]?.status === 'ready') await remove(true);
      return ask(deviceId);
    };
    expect(await issuer.runDue()).toEqual(['failed']);
    expect(await issuer.row(orderId)).toMatchObject({ reason_code: 'device_removed' });
    expect(issuer.ca.count('finalize')).toBe(0);
  });

  it('has its certificate revoked when the CA had the CSR already', async () => {
    issuer.ca.tamper = async (pem) => {
      await remove(true);
      return pem;
    };
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(await certificates()).toEqual([{ revoked: true, reason: 'cessationOfOperation' }]);
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked).toMatchObject([{ reason: 5 }]);
  });

  it('has its certificate fetched and revoked when the CA took longer than the device was there', async () => {
    await parked();
    await remove(true);
    expect(await failHopeless()).toBe(0);
    issuer.ca.processingPolls = 0;
    issuer.clock.advanceSeconds(31);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(await certificates()).toEqual([{ revoked: true, reason: 'cessationOfOperation' }]);
    await issuer.revocations.tellCa();
    expect(issuer.ca.revoked).toHaveLength(1);
  });

  it('has its order ended, and nothing revoked, when it was deleted without that', async () => {
    await parked();
    await remove(false);
    expect(await failHopeless()).toBe(1);
    issuer.clock.advanceSeconds(31);
    expect(await issuer.runDue()).toEqual([]);
    expect(await certificates()).toEqual([]);
  });
});
