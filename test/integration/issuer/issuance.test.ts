import { X509Certificate } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import { LeaseLostError } from '../../../src/issuer/worker/lease.js';
import { PIPELINE_STEPS, type PipelineStep } from '../../../src/issuer/domain/pipeline-step.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { problem, unreachable } from './support/fake-ca.js';
import { aDevice, aKey, resetIssuer, TestIssuer } from './support/test-issuer.js';

describeOnEachDatabase('an issuance', (database) => {
  let issuer: TestIssuer;
  beforeEach(async () => {
    await resetIssuer(database);
    issuer = new TestIssuer(database);
  });

  it('goes from the CSR to a stored certificate for its key and names', async () => {
    const device = await aDevice(database.dataSource);
    const order = await issuer.order(device, aKey(), [device.name, `*.${device.name}`]);
    expect(order).toMatchObject({ status: 'queued', reason: expect.stringContaining('It is next') });
    expect(await issuer.runDue()).toEqual(['issued']);

    const read = await issuer.read(device, order.orderId);
    expect(read).toMatchObject({ status: 'issued', certificateUrl: 'https://fleet.test/v1/device/certificate' });
    expect(read.estimatedAt).toBeUndefined();
    const certificate = (await issuer.certificates.newest(device.deviceId))!;
    const leaf = new X509Certificate(certificate.pem);
    expect(certificate.names).toEqual([`*.${device.name}`, device.name].toSorted());
    expect(leaf.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(certificate.sha256);
    expect(certificate.renewAt > certificate.notBefore && certificate.renewAt < certificate.notAfter).toBe(true);
    expect(issuer.zone.size).toBe(0);
    expect(issuer.ca.count('newOrder')).toBe(1);
  });

  it('tells its timeline step by step', async () => {
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    await issuer.runDue();
    const { history } = (await issuer.row(orderId)) as { history: { step: string; at: string }[] };
    expect(history.map(({ step }) => step)).toEqual([
      'queued',
      ...PIPELINE_STEPS.filter((step) => step !== 'challenge-withdrawn'),
    ]);
    expect(history.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true);
  });

  it('has the TXT record served before the CA is told', async () => {
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    const seen: PipelineStep[] = [];
    let servedWhenAnswered = 0;
    issuer.probe.onStep = (step) => {
      seen.push(step);
      if (step === 'challenge-confirmed') servedWhenAnswered = issuer.zone.size;
    };
    await issuer.runDue();
    expect(servedWhenAnswered).toBe(1);
    expect(seen.indexOf('challenge-confirmed')).toBeLessThan(seen.indexOf('challenge-answered'));
    expect(seen.indexOf('acme-order-stored')).toBeLessThan(seen.indexOf('challenge-published'));
  });

  it('does not tell the CA when our own DNS does not serve the record', async () => {
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    issuer.zone.confirmError = new Error('127.0.0.1:53 answered NXDOMAIN');
    expect(await issuer.runDue()).toEqual(['deferred']);
    const order = await issuer.read(device, orderId);
    expect(order).toMatchObject({ status: 'deferred' });
    expect(order.reason).toContain('NXDOMAIN');
    expect(issuer.ca.count('completeChallenge')).toBe(0);

    issuer.zone.confirmError = undefined;
    issuer.clock.advanceSeconds(70);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(issuer.ca.count('newOrder')).toBe(1);
  });

  describe('a server that dies', () => {
    const beforeTheStore: PipelineStep[] = PIPELINE_STEPS.filter(
      (step) => step !== 'certificate-stored' && step !== 'challenge-withdrawn',
    );

    it.each(beforeTheStore)(
      'at "%s" leaves an order that another server completes, with one certificate',
      async (step) => {
        const device = await aDevice(database.dataSource);
        const { orderId } = await issuer.order(device);
        // The run ends at the step and writes nothing more, like a process that was killed there.
        issuer.probe.onStep = (reached, id) => {
          if (reached === step) throw new LeaseLostError(id);
        };
        const account = await issuer.setup.ready();
        const [claimed] = await issuer.claim('dead', 1);
        expect(await issuer.pipeline.run(claimed!, account, new AbortController().signal)).toBeUndefined();
        expect(await issuer.runDue()).toEqual([]);

        const other = new TestIssuer(database, { ca: issuer.ca, zone: issuer.zone });
        await database.dataSource.query(`UPDATE issuance_orders SET lease_expires_at = clock_timestamp()`);
        expect(await other.runDue()).toEqual(['issued']);
        expect(await other.read(device, orderId)).toMatchObject({ status: 'issued' });
        expect(issuer.ca.orders).toHaveLength(1);
        expect(issuer.ca.issued).toHaveLength(1);
        expect(issuer.zone.size).toBe(0);
      },
    );

    it('while the CA looks for its records leaves an order that is begun anew, and not blamed on the device', async () => {
      const device = await aDevice(database.dataSource);
      const { orderId } = await issuer.order(device);
      issuer.probe.onStep = (reached, id) => {
        if (reached === 'challenge-answered') throw new LeaseLostError(id);
      };
      const account = await issuer.setup.ready();
      const [claimed] = await issuer.claim('dead', 1, 0.1);
      await issuer.pipeline.run(claimed!, account, new AbortController().signal);
      await issuer.zone.withdraw({ orderId });
      await account.ca.getAuthorization(issuer.ca.orders[0]!.authorizations[0]!.url);
      expect(issuer.ca.orders[0]!.status).toBe('invalid');

      const other = new TestIssuer(database, { ca: issuer.ca, zone: issuer.zone, clock: issuer.clock });
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(await other.runDue()).toEqual(['deferred']);
      expect((await other.read(device, orderId)).reason).toContain('while this server was down');
      other.clock.advanceSeconds(6);
      expect(await other.runDue()).toEqual(['issued']);
      expect(issuer.ca.orders).toHaveLength(2);
    });

    it('after the certificate was stored leaves TXT records that are swept up', async () => {
      const device = await aDevice(database.dataSource);
      const { orderId } = await issuer.order(device);
      issuer.zone.withdrawError = new Error('killed');
      await issuer.runDue();
      expect(await issuer.read(device, orderId)).toMatchObject({ status: 'issued' });
      expect(issuer.zone.size).toBe(1);

      issuer.zone.withdrawError = undefined;
      issuer.clock.advanceSeconds(60);
      expect(await issuer.sweep.sweep()).toBe(1);
      expect(issuer.zone.size).toBe(0);
      expect(await issuer.sweep.sweep()).toBe(0);
    });
  });

  it('repeats newOrder when its answer was lost, and gets the pending order back', async () => {
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    issuer.ca.loseAnswer('newOrder');
    expect(await issuer.runDue()).toEqual(['deferred']);
    expect(await issuer.read(device, orderId)).toMatchObject({ status: 'deferred' });
    issuer.clock.advanceSeconds(70);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(issuer.ca.count('newOrder')).toBe(2);
    expect(issuer.ca.orders).toHaveLength(1);
  });

  it.each(['completeChallenge', 'finalize'] as const)('goes on when the answer to %s was lost', async (method) => {
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    issuer.ca.loseAnswer(method);
    expect(await issuer.runDue()).toEqual(['deferred']);
    issuer.clock.advanceSeconds(70);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(issuer.ca.count(method)).toBe(1);
    expect(issuer.ca.issued).toHaveLength(1);
  });

  it('does not challenge an authorization again that is valid', async () => {
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    issuer.ca.fail('finalize', problem('serverInternal', 500));
    expect(await issuer.runDue()).toEqual(['deferred']);
    issuer.clock.advanceSeconds(70);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(issuer.ca.count('completeChallenge')).toBe(1);
    expect(issuer.zone.published).toBe(1);
  });

  it('waits for a CA that takes its time, and follows Retry-After without keeping the place', async () => {
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    issuer.ca.validationPolls = 2;
    issuer.ca.processingPolls = 1;
    issuer.ca.retryAfterSeconds = 30;
    expect(await issuer.runDue()).toEqual(['parked']);
    const order = await issuer.read(device, orderId);
    expect(order).toMatchObject({ status: 'issuing', reason: 'The CA works on it and will be asked again.' });
    expect(Date.parse(order.estimatedAt!)).toBeGreaterThan(issuer.clock.now().getTime() + 25_000);
    expect(issuer.zone.size).toBe(1);
    expect(await issuer.runDue()).toEqual([]);

    const ends = [];
    for (let round = 0; round < 6 && ends.at(-1) !== 'issued'; round++) {
      issuer.clock.advanceSeconds(31);
      ends.push(...(await issuer.runDue()));
    }
    expect(ends.at(-1)).toBe('issued');
    expect(issuer.ca.count('completeChallenge')).toBe(1);
    expect(issuer.ca.count('newOrder')).toBe(1);
  });

  describe('when the CA refuses', () => {
    it('429 defers until Retry-After and never fails the order', async () => {
      const device = await aDevice(database.dataSource);
      const { orderId } = await issuer.order(device);
      issuer.ca.fail(
        'newOrder',
        problem('rateLimited', 429, 7_200, 'too many certificates (50) already issued for "fleet.test"'),
      );
      expect(await issuer.runDue()).toEqual(['deferred']);
      const told: unknown[] = await database.dataSource.query(
        `SELECT message FROM events WHERE type = 'order.deferred' AND data ->> 'orderId' = $1`,
        [orderId],
      );
      expect(told).toEqual([{ message: expect.stringContaining('too many certificates (50) already issued') }]);
      const order = await issuer.read(device, orderId);
      expect(order.status).toBe('deferred');
      expect(order.reason).toContain('too many certificates (50) already issued');
      const waitSeconds = (Date.parse(order.estimatedAt!) - issuer.clock.now().getTime()) / 1000;
      expect(waitSeconds).toBeGreaterThan(7_190);
      expect(waitSeconds).toBeLessThan(7_300);

      issuer.clock.advanceSeconds(7_100);
      expect(await issuer.runDue()).toEqual([]);
      issuer.clock.advanceSeconds(200);
      expect(await issuer.runDue()).toEqual(['issued']);
    });

    it('"paused" is told apart and rests for a day', async () => {
      const device = await aDevice(database.dataSource);
      const { orderId } = await issuer.order(device);
      issuer.ca.fail('newOrder', problem('rateLimited', 429));
      expect(await issuer.runDue()).toEqual(['deferred']);
      expect(await issuer.row(orderId)).toMatchObject({ reason_code: 'paused', failures: 0 });
      issuer.clock.advanceSeconds(86_000);
      expect(await issuer.runDue()).toEqual([]);
    });

    it('5xx and no answer back off 1 min, 10 min, 100 min, then daily', async () => {
      const device = await aDevice(database.dataSource);
      const { orderId } = await issuer.order(device);
      const waits = [];
      for (const error of [
        problem('serverInternal', 500),
        unreachable(),
        problem('serverInternal', 502),
        unreachable(),
        unreachable(),
      ]) {
        issuer.ca.fail('newOrder', error);
        const now = issuer.clock.now().getTime();
        expect(await issuer.runDue()).toEqual(['deferred']);
        const seconds = ((await issuer.row(orderId))['next_attempt_at'] as Date).getTime() / 1000 - now / 1000;
        waits.push(seconds);
        issuer.clock.advanceSeconds(seconds + 1);
      }
      for (const [index, step] of [60, 600, 6_000, 86_400, 86_400].entries()) {
        expect(waits[index]).toBeGreaterThanOrEqual(step);
        expect(waits[index]).toBeLessThan(step * 1.1 + 2);
      }
      expect(await issuer.runDue()).toEqual(['issued']);
      expect(issuer.ca.orders).toHaveLength(1);
    });

    it("an invalid authorization fails the order with the CA's own words", async () => {
      const device = await aDevice(database.dataSource);
      const { orderId } = await issuer.order(device);
      issuer.probe.onStep = (step, id) => {
        if (step === 'challenge-answered') void issuer.zone.withdraw({ orderId: id });
      };
      expect(await issuer.runDue()).toEqual(['failed']);
      const order = await issuer.read(device, orderId);
      expect(order).toMatchObject({ status: 'failed' });
      expect(order.reason).toContain(`No TXT record found at _acme-challenge.${device.name}`);
      expect(issuer.zone.size).toBe(0);
      expect(await issuer.row(orderId)).toMatchObject({
        reason_code: 'validation_failed',
        lease_id: null,
      });
    });

    it.each([
      ['newOrder', 'rejectedIdentifier'],
      ['finalize', 'badCSR'],
      ['newOrder', 'unauthorized'],
    ] as const)('%s by %s fails the order', async (method, type) => {
      const device = await aDevice(database.dataSource);
      const { orderId } = await issuer.order(device);
      issuer.ca.fail(method, problem(type, 403, undefined, 'this is not allowed'));
      expect(await issuer.runDue()).toEqual(['failed']);
      expect((await issuer.read(device, orderId)).reason).toContain('this is not allowed');
      expect(issuer.zone.size).toBe(0);
    });

    it('an order that it has forgotten, a new one is made', async () => {
      const device = await aDevice(database.dataSource);
      await issuer.order(device);
      issuer.ca.fail('finalize', problem('serverInternal', 500));
      await issuer.runDue();
      issuer.ca.orders.length = 0;
      issuer.clock.advanceSeconds(70);
      expect(await issuer.runDue()).toEqual(['deferred']);
      issuer.clock.advanceSeconds(700);
      expect(await issuer.runDue()).toEqual(['issued']);
    });

    it('an order that has expired, a new one is made', async () => {
      const device = await aDevice(database.dataSource);
      await issuer.order(device);
      issuer.ca.fail('completeChallenge', problem('serverInternal', 500));
      await issuer.runDue();
      issuer.ca.orders[0]!.status = 'invalid';
      issuer.clock.advanceSeconds(70);
      expect(await issuer.runDue()).toEqual(['deferred']);
      issuer.clock.advanceSeconds(700);
      expect(await issuer.runDue()).toEqual(['issued']);
      expect(issuer.ca.orders).toHaveLength(2);
    });
  });

  it('refuses a certificate for another key than the CSR has', async () => {
    const [victim, device] = [await aDevice(database.dataSource), await aDevice(database.dataSource)];
    await issuer.order(victim);
    await issuer.runDue();
    const other = (await issuer.certificates.newest(victim.deviceId))!.pem;
    const { orderId } = await issuer.order(device);
    issuer.ca.tamper = async () => other;
    expect(await issuer.runDue()).toEqual(['failed']);
    expect(await issuer.row(orderId)).toMatchObject({ reason_code: 'certificate_mismatch' });
    expect(await issuer.certificates.newest(device.deviceId)).toBeUndefined();
  });

  describe('of a renewal', () => {
    it('says which certificate it replaces where the CA has ARI', async () => {
      const device = await aDevice(database.dataSource);
      await issuer.order(device);
      await issuer.runDue();
      const first = (await database.dataSource.query(`SELECT ari_cert_id FROM certificates`)) as {
        ari_cert_id: string;
      }[];
      await issuer.order(device);
      await issuer.runDue();
      expect(issuer.ca.orders[0]!.replaces).toBeUndefined();
      expect(issuer.ca.orders[1]!.replaces).toBe(first[0]!.ari_cert_id);
    });

    it('says nothing where the CA has no ARI', async () => {
      issuer.ca.supportsRenewalInfo = false;
      const device = await aDevice(database.dataSource);
      for (let round = 0; round < 2; round++) {
        await issuer.order(device);
        await issuer.runDue();
      }
      expect(issuer.ca.orders.map(({ replaces }) => replaces)).toEqual([undefined, undefined]);
    });

    it('orders again without it when the CA says alreadyReplaced', async () => {
      const device = await aDevice(database.dataSource);
      await issuer.order(device);
      await issuer.runDue();
      const { orderId } = await issuer.order(device);
      issuer.ca.fail('newOrder', problem('alreadyReplaced', 409));
      expect(await issuer.runDue()).toEqual(['issued']);
      expect(issuer.ca.orders[1]!.replaces).toBeUndefined();
      expect(await issuer.row(orderId)).toMatchObject({ replaces: null });
    });

    it("never names another CA's certificate", async () => {
      const device = await aDevice(database.dataSource);
      await issuer.order(device);
      await issuer.runDue();
      const elsewhere = new TestIssuer(database, { directoryUrl: 'https://other-ca.test/directory' });
      await elsewhere.order(device);
      expect(await elsewhere.runDue()).toEqual(['issued']);
      expect(elsewhere.ca.orders[0]!.replaces).toBeUndefined();
    });
  });

  it('begins anew at the configured CA when the CA was changed in the middle', async () => {
    const device = await aDevice(database.dataSource);
    await issuer.order(device);
    issuer.ca.fail('finalize', problem('serverInternal', 500));
    await issuer.runDue();
    const elsewhere = new TestIssuer(database, {
      directoryUrl: 'https://other-ca.test/directory',
      clock: issuer.clock,
    });
    elsewhere.clock.advanceSeconds(70);
    expect(await elsewhere.runDue()).toEqual(['issued']);
    expect(elsewhere.ca.orders).toHaveLength(1);
  });

  it('loses nothing when the database goes away in the middle', async () => {
    const device = await aDevice(database.dataSource);
    const { orderId } = await issuer.order(device);
    const account = await issuer.setup.ready();
    const [claimed] = await issuer.claim('test', 1);
    const away = new Promise<void>((resolve) => {
      issuer.probe.onStep = (step) => {
        if (step === 'challenge-answered') resolve(database.interrupt());
      };
    });
    const run = issuer.pipeline.run(claimed!, account, new AbortController().signal);
    await away;
    await run.catch(() => undefined);
    await database.restore();
    await database.dataSource.query(`UPDATE issuance_orders SET lease_expires_at = now() WHERE lease_id IS NOT NULL`);
    issuer.probe.onStep = () => undefined;
    issuer.clock.advanceSeconds(10);
    expect(await issuer.runDue()).toEqual(['issued']);
    expect(await issuer.read(device, orderId)).toMatchObject({ status: 'issued' });
    expect(issuer.ca.orders).toHaveLength(1);
    expect(issuer.ca.issued).toHaveLength(1);
    expect(issuer.zone.size).toBe(0);
  });
});
