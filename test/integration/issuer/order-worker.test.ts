import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Device } from '../../../src/devices/domain/device.js';
import { planningAccount } from '../../../src/issuer/accounts/ca-accounts.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { problem, unreachable } from './support/fake-ca.js';
import { aDevice, aKey, resetIssuer, TestIssuer, type TestIssuerOptions, ZONE } from './support/test-issuer.js';

async function until(condition: () => Promise<boolean> | boolean, seconds = 10): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not come to that in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function isIssued(issuer: TestIssuer, device: Device, orderId: string): Promise<boolean> {
  return (await issuer.read(device, orderId)).status === 'issued';
}

describeOnEachDatabase('the worker', (database) => {
  const running: TestIssuer[] = [];
  beforeEach(() => resetIssuer(database));
  afterEach(async () => {
    await Promise.all(running.splice(0).map((issuer) => issuer.stop()));
  });

  const start = (options: TestIssuerOptions = {}): TestIssuer => {
    const issuer = new TestIssuer(database, options);
    running.push(issuer);
    issuer.start();
    return issuer;
  };
  it('issues an order as soon as it is taken, without waiting for its poll', async () => {
    const issuer = start({ timings: { pollSeconds: 60 } });
    const device = await aDevice(database.dataSource);
    const startedAt = Date.now();
    const { orderId } = await issuer.order(device);
    await until(() => isIssued(issuer, device, orderId));
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });

  it('is woken by an order that another server has taken', async () => {
    const worker = start({ timings: { pollSeconds: 60 } });
    await until(() => worker.ca.count('caaIdentities') === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const taker = new TestIssuer(database, { ca: worker.ca, zone: worker.zone });
    const device = await aDevice(database.dataSource);
    const { orderId } = await taker.order(device);
    await until(() => isIssued(taker, device, orderId));
    expect(worker.ca.issued).toHaveLength(1);
  });

  it('finds by its poll what no notification told of', async () => {
    const worker = start();
    await until(() => worker.ca.count('caaIdentities') === 1);
    const device = await aDevice(database.dataSource);
    const { orderId } = await worker.order(device);
    await until(() => isIssued(worker, device, orderId));
    worker.ca.fail('newOrder', problem('rateLimited', 429, 3_600));
    const renewal = await worker.order(device);
    await until(async () => (await worker.read(device, renewal.orderId)).status === 'deferred');
    await new Promise((resolve) => setTimeout(resolve, 300));
    worker.clock.advanceSeconds(3_700);
    await until(() => isIssued(worker, device, renewal.orderId));
    expect(worker.ca.issued).toHaveLength(2);
  });

  it('works on no more orders at once than is configured', async () => {
    const devices = await Promise.all(Array.from({ length: 8 }, () => aDevice(database.dataSource)));
    const taker = new TestIssuer(database);
    const orders = await Promise.all(devices.map((device) => taker.order(device)));
    let most = 0;
    const worker = new TestIssuer(database, { ordersInFlight: 3 });
    running.push(worker);
    const active = new Set<string>();
    worker.probe.onStep = (step, orderId) => {
      active.add(orderId);
      most = Math.max(most, active.size);
      if (step === 'challenge-withdrawn') active.delete(orderId);
    };
    worker.start();
    await until(async () => {
      const states = await Promise.all(orders.map(({ orderId }, index) => isIssued(worker, devices[index]!, orderId)));
      return states.every(Boolean);
    }, 20);
    expect(most).toBe(3);
  });

  it('two servers issue each of many orders once', async () => {
    const first = start({ ordersInFlight: 4 });
    start({ ca: first.ca, zone: first.zone, ordersInFlight: 4 });
    const devices = await Promise.all(Array.from({ length: 24 }, () => aDevice(database.dataSource)));
    const orders = await Promise.all(devices.map((device) => first.order(device)));
    await until(async () => {
      const states = await Promise.all(orders.map(({ orderId }, index) => isIssued(first, devices[index]!, orderId)));
      return states.every(Boolean);
    }, 30);
    expect(first.ca.orders).toHaveLength(24);
    expect(first.ca.issued).toHaveLength(24);
    expect(first.zone.size).toBe(0);
  });

  it('several servers that start at once make one account', async () => {
    const first = start();
    const others = Array.from({ length: 4 }, () => start({ ca: first.ca, zone: first.zone }));
    const accounts = await Promise.all([first, ...others].map((issuer) => issuer.setup.ready()));
    expect(new Set(accounts.map(({ ca }) => ca.accountUrl)).size).toBe(1);
    expect(first.ca.accounts.size).toBe(1);
    const rows: { key_sealed: string }[] = await database.dataSource.query(`SELECT key_sealed FROM acme_accounts`);
    expect(rows).toHaveLength(1);
    expect(Buffer.from(rows[0]!.key_sealed, 'base64').toString('latin1')).not.toContain('PRIVATE KEY');
  });

  it('binds the CAA records to the account, and names the CA before there is one', async () => {
    const issuer = new TestIssuer(database);
    issuer.ca.fail('register', problem('externalAccountRequired', 403));
    await expect(issuer.setup.ready()).rejects.toThrow('externalAccountRequired');
    expect(issuer.zone.caa.get(ZONE)).toEqual(['0 issue "ca.test"', '0 issuewild "ca.test"']);
    await issuer.setup.ready();
    expect(issuer.zone.caa.get(ZONE)![0]).toBe(
      '0 issue "ca.test; accounturi=https://ca.test/acct/1; validationmethods=dns-01"',
    );
  });

  it('tells waiting orders why nothing goes on while the CA is away, and issues them when it is back', async () => {
    const issuer = new TestIssuer(database);
    issuer.ca.fail('caaIdentities', ...Array.from({ length: 4 }, () => unreachable()));
    running.push(issuer);
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    issuer.start();
    await until(async () => ((await issuer.read(device, orderId)).reason ?? '').includes('cannot be reached'));
    const waiting = await issuer.read(device, orderId);
    expect(waiting).toMatchObject({ status: 'queued', estimatedAt: undefined });
    expect(waiting.retryAfterSeconds).toBeGreaterThanOrEqual(60);
    await until(() => isIssued(issuer, device, orderId), 15);
  });

  it('wakes the orders that waited for a CA that could not be reached, once it is back', async () => {
    const issuer = new TestIssuer(database);
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await database.dataSource.query(`UPDATE issuance_orders SET failures = 2`);
    issuer.ca.fail('newOrder', unreachable());
    await issuer.runDue();
    issuer.ca.fail('ping', unreachable());
    await issuer.caReturn.check();
    await issuer.caReturn.check();
    issuer.clock.advanceSeconds(31);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(await issuer.read(device, orderId)).toMatchObject({ status: 'issued' });
  });

  it('registers again at a CA that has forgotten the account', async () => {
    const issuer = new TestIssuer(database);
    const device = await aDevice(database.dataSource);
    await issuer.setup.ready();
    issuer.ca.accounts.clear();
    const { orderId } = await issuer.order(device);
    expect(await issuer.runDue()).toEqual(['deferred']);
    expect(await issuer.row(orderId)).toMatchObject({ reason_code: 'ca_account' });
    issuer.clock.advanceSeconds(70);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(issuer.ca.accounts.size).toBe(1);
  });

  it('gives its orders back when it is stopped, and another server completes them at once', async () => {
    const issuer = start({ timings: { stopSeconds: 0.3 } });
    issuer.ca.validationPolls = 1_000;
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await until(() => issuer.ca.count('completeChallenge') === 1);
    await issuer.stop();
    running.length = 0;
    expect(await issuer.row(orderId)).toMatchObject({ status: 'issuing', lease_id: null });

    issuer.ca.validationPolls = 0;
    const other = start({ ca: issuer.ca, zone: issuer.zone });
    await until(() => isIssued(other, device, orderId));
    expect(issuer.ca.orders).toHaveLength(1);
  });

  it('stays when it is stopped until the CA has looked for the TXT record', async () => {
    const issuer = start();
    issuer.ca.validationPolls = 3;
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await until(() => issuer.ca.count('completeChallenge') === 1);
    await issuer.stop();
    running.length = 0;
    expect(issuer.ca.orders[0]!.status).toBe('ready');
    expect(await issuer.row(orderId)).toMatchObject({ status: 'issuing', lease_id: null });
  });

  it('takes over the order of a server that was killed at once, long before the lease ends', async () => {
    const killed = new TestIssuer(database);
    const device = await aDevice(database.dataSource);
    const { orderId } = await killed.order(device, aKey());
    const account = planningAccount(await killed.setup.ready());
    await killed.presence.show();
    await killed.queue.claim(killed.presence.owner, account, 1, killed.clock.now(), 3_600);
    const other = start({ ca: killed.ca, zone: killed.zone, timings: { leaseSeconds: 0.6 } });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await killed.row(orderId)).toMatchObject({ lease_server: killed.presence.owner.server });

    await killed.presence.end();
    await until(() => isIssued(other, device, orderId));
    expect(killed.ca.issued).toHaveLength(1);
  });

  it('takes over the order of a server that has vanished, when its lease ends', async () => {
    const vanished = new TestIssuer(database);
    const device = await aDevice(database.dataSource);
    const { orderId } = await vanished.order(device, aKey());
    const account = planningAccount(await vanished.setup.ready());
    await vanished.presence.show();
    await vanished.queue.claim(vanished.presence.owner, account, 1, vanished.clock.now(), 1);
    const other = start({ ca: vanished.ca, zone: vanished.zone });
    await until(() => isIssued(other, device, orderId));
    await vanished.presence.end();
    expect(vanished.ca.issued).toHaveLength(1);
  });

  it('keeps the lease of an order that takes longer than a lease', async () => {
    const issuer = start({ timings: { leaseSeconds: 0.6 } });
    const rival = start({ ca: issuer.ca, zone: issuer.zone, timings: { leaseSeconds: 0.6 } });
    issuer.ca.validationPolls = 3;
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await until(() => isIssued(rival, device, orderId));
    expect(issuer.ca.count('completeChallenge')).toBe(1);
    expect(issuer.ca.count('newOrder')).toBe(1);
  });

  it('resumes when the database comes back', async () => {
    const issuer = start({ timings: { leaseSeconds: 1 } });
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await until(() => isIssued(issuer, device, orderId));
    const { server } = issuer.presence.owner;
    await database.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await database.restore();
    await until(async () => {
      const rows: unknown[] = await database.dataSource.query(`SELECT 1 FROM pg_locks WHERE objid = $1`, [server]);
      return rows.length === 1;
    });
    const renewal = await issuer.order(device);
    await until(() => isIssued(issuer, device, renewal.orderId), 20);
    expect(issuer.ca.issued).toHaveLength(2);
  });
});
