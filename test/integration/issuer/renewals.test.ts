import { beforeEach, expect, it } from 'vitest';

import type { Device } from '../../../src/devices/domain/device.js';
import { addSeconds } from '../../../src/kernel/clock.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { problem, unreachable } from './support/fake-ca.js';
import { aDevice, aKey, csrOf, resetIssuer, TestIssuer } from './support/test-issuer.js';

const DAY = 86_400;

describeOnEachDatabase('renewals', (database) => {
  let issuer: TestIssuer;
  let device: Device;
  beforeEach(async () => {
    await resetIssuer(database);
    issuer = new TestIssuer(database);
    device = await aDevice(database.dataSource);
  });

  const issue = async (options: { renewWhileAway?: boolean } = {}) => {
    if (options.renewWhileAway === undefined) await issuer.order(device);
    else await issuer.intake.submit(device, issuerCsr(), options);
    expect(await issuer.runDue()).toEqual(['issued']);
  };
  const issuerCsr = () => csrOf(aKey(), [device.name]);
  const certificate = async (): Promise<Record<string, Date & boolean>> => {
    const rows: Record<string, Date & boolean>[] = await database.dataSource.query(
      `SELECT * FROM certificates WHERE device_id = $1 ORDER BY created_at DESC LIMIT 1`,
      [device.deviceId],
    );
    return rows[0]!;
  };
  const windowIn = (fromDays: number, toDays: number, retryAfterSeconds?: number) => {
    const now = issuer.clock.now();
    const window = { start: addSeconds(now, fromDays * DAY), end: addSeconds(now, toDays * DAY), retryAfterSeconds };
    issuer.ca.renewalInfoOf = () => window;
    return window;
  };
  const silentFor = (days: number) =>
    database.dataSource.query(`UPDATE devices SET last_seen_at = $1`, [addSeconds(issuer.clock.now(), -days * DAY)]);

  it("move into the CA's window, and keep the chosen time while the window stays", async () => {
    await issue();
    const { start, end } = windowIn(50, 52, 3_600);
    expect(await issuer.renewalInfo.poll()).toBe(1);
    const { renew_at: renewAt } = await certificate();
    expect(renewAt!.getTime()).toBeGreaterThanOrEqual(start.getTime());
    expect(renewAt!.getTime()).toBeLessThanOrEqual(end.getTime());
    expect(await issuer.renewalInfo.poll()).toBe(0);
    issuer.clock.advanceSeconds(3_601);
    expect(await issuer.renewalInfo.poll()).toBe(1);
    expect((await certificate())['renew_at']).toEqual(renewAt);
    issuer.clock.advanceSeconds(3_601);
    windowIn(60, 61);
    await issuer.renewalInfo.poll();
    expect((await certificate())['renew_at']!.getTime()).toBeGreaterThan(end.getTime());
  });

  it('are due at once when the CA moves the window into the past, and go before all others', async () => {
    await issue();
    windowIn(50, 52, 60);
    await issuer.renewalInfo.poll();
    issuer.clock.advanceSeconds(61);
    windowIn(-2, -1);
    await issuer.renewalInfo.poll();
    expect(await certificate()).toMatchObject({ ari_revoked: true });
    expect((await certificate())['renew_at']!.getTime()).toBeLessThanOrEqual(issuer.clock.now().getTime());
    for (let index = 0; index < 2; index++) await issuer.order(await aDevice(database.dataSource));
    const { orderId } = await issuer.order(device);
    expect((await issuer.claim('a', 1)).map(({ order }) => order.id)).toEqual([orderId]);
  });

  it('ask again after a fault of the CA, later each time, and keep what was known', async () => {
    await issue();
    const before = (await certificate())['renew_at'];
    issuer.ca.fail('renewalInfo', problem('serverInternal', 503), unreachable());
    await issuer.renewalInfo.poll();
    expect(await certificate()).toMatchObject({ ari_faults: 1, renew_at: before });
    issuer.clock.advanceSeconds(67);
    expect(await issuer.renewalInfo.poll()).toBe(1);
    expect(await certificate()).toMatchObject({ ari_faults: 2 });
    issuer.clock.advanceSeconds(67);
    expect(await issuer.renewalInfo.poll()).toBe(0);
  });

  it('ask about no certificate that was replaced, and about each from one server at a time', async () => {
    await issue();
    windowIn(50, 52);
    const polls = await Promise.all([
      issuer.renewalInfo.poll(),
      new TestIssuer(database, { ca: issuer.ca }).renewalInfo.poll(),
    ]);
    expect(polls.toSorted()).toEqual([0, 1]);
    await issue();
    issuer.clock.advanceSeconds(7 * 3_600);
    expect(await issuer.renewalInfo.poll()).toBe(1);
  });

  it('ask at a pace that leaves room for other servers below what an address may ask', async () => {
    await issue();
    const { account_id: account } = await certificate();
    await database.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at)
         SELECT gen_random_uuid(), 'p' || n, 'fleet.test', 'p' || n || '.fleet.test', 'active', '{}', now() FROM generate_series(1, 99) n`,
    );
    await database.dataSource.query(
      `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, step, step_at, queued_at,
                                    next_attempt_at, created_at, updated_at, ended_at)
         SELECT id, id, '\\x00', label, label, ARRAY[name], 'issued', 'certificate-stored', now(), now(), now(), now(), now(), now()
           FROM devices WHERE label LIKE 'p%'`,
    );
    await database.dataSource.query(
      `INSERT INTO certificates (id, device_id, order_id, account_id, pem, serial, sha256, spki_sha256, names, not_before, not_after,
                                 ari_cert_id, renew_at, created_at, ari_poll_at)
         SELECT id, id, id, $1, '', label, label, label, ARRAY[name], now(), now() + interval '45 days',
                label, now() + interval '30 days', now(), now() FROM devices WHERE label LIKE 'p%'`,
      [account],
    );
    windowIn(50, 52);
    const begin = performance.now();
    expect(await issuer.renewalInfo.poll()).toBe(100);
    // Twenty at once, no more often than every 100 ms.
    expect(performance.now() - begin).toBeGreaterThan(490);
    expect(issuer.ca.count('renewalInfo')).toBe(100);
  });

  it('come from the grid of the fleet where the CA has no ARI', async () => {
    issuer.ca.supportsRenewalInfo = false;
    await issue();
    expect(await issuer.renewalInfo.poll()).toBe(0);
    expect(issuer.ca.count('renewalInfo')).toBe(0);
    const { renew_at: renewAt, not_before: from, not_after: to } = await certificate();
    const share = (renewAt!.getTime() - from!.getTime()) / (to!.getTime() - from!.getTime());
    expect(share).toBeGreaterThan(1 / 3 - 0.001);
    expect(share).toBeLessThan(2 / 3 + 0.001);
  });

  it('are made by the server for a device that sleeps, for the same key; it finds its certificate ready', async () => {
    await issue();
    const first = await certificate();
    await silentFor(70);
    const { renew_at: renewAt, not_after: notAfter } = first;
    const patience = (notAfter!.getTime() - renewAt!.getTime()) / 3;
    issuer.clock.advanceSeconds((renewAt!.getTime() + patience - issuer.clock.now().getTime()) / 1000 - 60);
    await silentFor(70);
    expect(await issuer.sleeping.renew()).toBe(0);
    issuer.clock.advanceSeconds(120);
    expect(await issuer.sleeping.renew()).toBe(1);
    expect(await issuer.sleeping.renew()).toBe(0);
    expect(await issuer.runDue()).toEqual(['issued']);
    const second = await certificate();
    expect(second['id']).not.toBe(first['id']);
    expect(second['spki_sha256']).toBe(first['spki_sha256']);
    expect(issuer.ca.orders[1]!.replaces).toBe(first['ari_cert_id']);
  });

  const lapses = () =>
    database.dataSource.query<{ severity: string; message: string; data: Record<string, unknown> }[]>(
      `SELECT severity, message, data FROM events WHERE type = 'certificate.lapsed' AND subject_id = $1`,
      [device.deviceId],
    );

  it('lapse for a device that was silent for too long, with an event, once', async () => {
    await issue();
    issuer.clock.advanceSeconds(85 * DAY);
    await silentFor(121);
    const other = new TestIssuer(database, { ca: issuer.ca, clock: issuer.clock });
    expect(await Promise.all([issuer.sleeping.renew(), other.sleeping.renew()])).toEqual([0, 0]);
    expect(await issuer.sleeping.renew()).toBe(0);
    expect((await certificate())['lapsed_at']).toEqual(expect.any(Date));
    expect(await lapses()).toEqual([
      {
        severity: 'warning',
        message: expect.stringMatching(/last seen at .*, more than 120 days ago\. Its certificate ends at/),
        data: expect.objectContaining({ reason: 'silent' }),
      },
    ]);
    await silentFor(1);
    expect(await issuer.sleeping.renew()).toBe(0);
    const { status } = await issuer.order(device);
    expect(status).toBe('queued');
  });

  it('lapse for a device that does not want the server to renew', async () => {
    await issue({ renewWhileAway: false });
    issuer.clock.advanceSeconds(85 * DAY);
    expect(await issuer.sleeping.renew()).toBe(0);
    expect((await certificate())['lapsed_at']).toEqual(expect.any(Date));
    expect((await lapses()).map(({ data }) => data['reason'])).toEqual(['no_consent']);
  });
});
