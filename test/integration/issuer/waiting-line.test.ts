import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { EntityManager } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Device } from '../../../src/devices/domain/device.js';
import { planningAccount, type PlanningAccount } from '../../../src/issuer/accounts/ca-accounts.js';
import { BUILTIN_PROFILES } from '../../../src/issuer/domain/limits/builtin-profiles.js';
import type { WaitingQueues } from '../../../src/issuer/domain/planner/waiting-queues.js';
import { WaitingOrders } from '../../../src/issuer/worker/waiting-orders.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { aDevice, resetIssuer, TestIssuer, ZONE } from './support/test-issuer.js';

const LINE = 1200;

describeOnEachDatabase('a long line of waiting orders', (database) => {
  let issuer: TestIssuer;
  let account: PlanningAccount;
  beforeEach(async () => {
    await resetIssuer(database);
    issuer = new TestIssuer(database, { profile: BUILTIN_PROFILES.letsencrypt });
    account = planningAccount(await issuer.setup.ready());
    await database.dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, enrolled_at, group_name)
         SELECT gen_random_uuid(), 'w' || n, $1, 'w' || n || '.' || $1, 'active', '{}', now(), 'rollout' FROM generate_series(1, $2::int) n`,
      [ZONE, LINE],
    );
    await database.dataSource.query(
      `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, step, step_at, queued_at,
                                    next_attempt_at, created_at, updated_at, registered_domains, exact_set)
         SELECT id, id, '\\x00', label, label, ARRAY[name], 'queued', 'queued', now(), now(), now(), now(), now(), ARRAY[$1], label
           FROM devices`,
      [ZONE],
    );
  });
  afterEach(() => issuer.stop());

  /** As slow as it is to read a very long line: that is kept for ten seconds then. */
  const slowly = (): EntityManager => {
    const { manager } = database.dataSource;
    return {
      query: async (sql: string, parameters: unknown[]) => {
        await sleep(500);
        return manager.query(sql, parameters);
      },
    } as unknown as EntityManager;
  };
  const newOnes = (queues: WaitingQueues): string[] =>
    [...queues.lanes].flatMap((lane) =>
      [...(lane.new.get('') ? [lane.new.get('')!] : []), lane.renewal].flatMap((queue) =>
        Array.from({ length: queue.length }, (_, place) => queue.at(place)!.id),
      ),
    );
  const anOrder = async (): Promise<{ device: Device; orderId: string }> => {
    const device = await aDevice(database.dataSource);
    return { device, orderId: (await issuer.order(device)).orderId };
  };

  it('is kept in memory, and has a new order as soon as that is announced', async () => {
    const waiting = new WaitingOrders(BUILTIN_PROFILES.letsencrypt);
    const lanes = () => waiting.lanes(slowly(), account, issuer.clock.now());
    expect(newOnes(await lanes())).toEqual([]);
    const { orderId } = await anOrder();
    expect(newOnes(await lanes())).toEqual([]);
    waiting.announced(orderId);
    expect(newOnes(await lanes())).toEqual([orderId]);
    await database.dataSource.query(`UPDATE issuance_orders SET status = 'failed', ended_at = now() WHERE id = $1`, [
      orderId,
    ]);
    waiting.announced(orderId);
    expect(newOnes(await lanes())).toEqual([]);
  });

  it.each([
    ['may have been missed', (waiting: WaitingOrders) => waiting.announced(undefined)],
    [
      'are too many to be read one by one',
      (waiting: WaitingOrders) => {
        for (let index = 0; index < 5000; index++) waiting.announced(randomUUID());
      },
    ],
  ])('is read anew when announcements %s', async (_, announce) => {
    const waiting = new WaitingOrders(BUILTIN_PROFILES.letsencrypt);
    const lanes = () => waiting.lanes(slowly(), account, issuer.clock.now());
    await lanes();
    const { orderId } = await anOrder();
    announce(waiting);
    expect(newOnes(await lanes())).toEqual([orderId]);
  });

  it('hears of the orders that other servers take', async () => {
    const heard: (string | undefined)[] = [];
    issuer.signal.onAnnouncement((orderId) => heard.push(orderId));
    issuer.start();
    const until = async (what: string | undefined): Promise<void> => {
      for (let round = 0; round < 500 && !heard.includes(what); round++) await sleep(20);
      expect(heard).toContain(what);
    };
    await until(undefined);
    const other = new TestIssuer(database, { ca: issuer.ca, zone: issuer.zone });
    const { orderId } = await other.order(await aDevice(database.dataSource));
    await until(orderId);
  });

  it('gives a new order its own estimate at once: the one that the whole line says', async () => {
    await issuer.reasons.all(issuer.clock.now());
    const device = await aDevice(database.dataSource);
    await database.dataSource.query(`UPDATE devices SET group_name = 'rollout' WHERE id = $1`, [device.deviceId]);
    const { orderId, estimatedAt, reason, retryAfterSeconds } = await issuer.order(device);
    const days = (Date.parse(estimatedAt!) - issuer.clock.now().getTime()) / 86_400_000;
    // 48 of the burst, and then one every 3.36 hours.
    expect(days).toBeGreaterThan(((LINE - 48) * 3.36) / 24);
    expect(reason).toContain(`${LINE} orders of its group are before it`);
    expect(retryAfterSeconds).toBe(3600);
    const anew = new TestIssuer(database, { profile: BUILTIN_PROFILES.letsencrypt, ca: issuer.ca });
    const whole = (await anew.reasons.all(issuer.clock.now())).get(orderId)!;
    expect(Math.abs(Date.parse(estimatedAt!) - whole.estimatedAt)).toBeLessThan(60_000);
  });
});
