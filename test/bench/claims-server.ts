/**
 * One of the servers of the benchmark `claims`, in a process of its own: claims until nothing is left, and says what it
 * has claimed. Arguments: the database's URL, its number.
 */
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { CaList } from '../../src/issuer/accounts/ca-list.js';
import { BUILTIN_PROFILES } from '../../src/issuer/domain/limits/builtin-profiles.js';
import type { LimitProfile } from '../../src/issuer/domain/limits/limit-profile.js';
import { BucketTable } from '../../src/issuer/limits/bucket-table.js';
import { IssuanceBudget } from '../../src/issuer/limits/issuance-budget.js';
import { OrderClaims } from '../../src/issuer/worker/order-claims.js';
import { OrderQueue } from '../../src/issuer/worker/order-queue.js';
import { PlannerStore } from '../../src/issuer/worker/planner-store.js';
import { ORDERS_CHANNEL, QueueSignal } from '../../src/issuer/worker/queue-signal.js';
import type { AcmeConfig } from '../../src/platform/config/app-config.js';
import { NotificationListener } from '../../src/platform/database/notification-listener.js';
import { dataSourceOptions } from '../../src/platform/database/data-source-options.js';

const ORDERS_IN_FLIGHT = 50;
const CA = 'https://ca.test/directory';
const ACCOUNT = { id: '00000000-0000-4000-8000-000000000001', ca: CA, url: 'https://ca.test/acct/1' };

/** All buckets are there and are spent; none of them is ever empty. */
const plenty = { burst: 1_000_000, count: 1_000_000, periodSeconds: 3600 };
const { letsencrypt } = BUILTIN_PROFILES;
const PROFILE: LimitProfile = {
  ...letsencrypt,
  limits: { ...letsencrypt.limits, 'new-orders': plenty, 'certificates-per-domain': plenty },
};

/** What a server tells the benchmark. */
export interface ClaimsReport {
  readonly orders: readonly string[];
  readonly claims: number;
  /** Milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
}

async function main(url: string, server: number): Promise<ClaimsReport> {
  const dataSource = await new DataSource(dataSourceOptions({ url })).initialize();
  const budget = new IssuanceBudget(new BucketTable(), PROFILE);
  const signal = new QueueSignal();
  const list = new CaList({ acme: { directoryUrl: CA } as AcmeConfig });
  const claims = new OrderClaims(dataSource, budget, new BucketTable(), new PlannerStore(), signal, list);
  const notifications = new NotificationListener(url);
  const connected = new Promise<void>((resolve) =>
    notifications.subscribe(ORDERS_CHANNEL, {
      onNotification: (payload) => signal.heard(payload),
      onConnected: resolve,
    }),
  );
  const queue = new OrderQueue(dataSource, claims, budget);
  const orders: string[] = [];
  const begun = new Promise((resolve) => process.once('message', resolve));
  await connected;
  process.send?.('ready');
  await begun;
  const firstAt = Date.now();
  let [count, lastAt] = [0, firstAt];
  for (;;) {
    const claimed = await queue.claim({ name: `server ${server}`, server }, ACCOUNT, ORDERS_IN_FLIGHT, new Date());
    count += 1;
    if (claimed.length === 0 && (await nothingWaits(dataSource))) break;
    orders.push(...claimed.map(({ order }) => order.id));
    lastAt = Date.now();
    // They end at once: what an issuance takes is no part of this measure.
    await dataSource.query(
      `UPDATE issuance_orders SET status = 'issued', ended_at = now(), reservations = NULL, lease_id = NULL, lease_owner = NULL,
              lease_server = NULL, lease_expires_at = NULL WHERE id = ANY ($1::uuid[])`,
      [claimed.map(({ order }) => order.id)],
    );
  }
  await notifications.stop();
  await dataSource.destroy();
  return { orders, claims: count, firstAt, lastAt };
}

async function nothingWaits(dataSource: DataSource): Promise<boolean> {
  const rows: unknown[] = await dataSource.query(
    `SELECT 1 FROM issuance_orders WHERE status = 'queued' AND lease_id IS NULL LIMIT 1`,
  );
  return rows.length === 0;
}

Logger.overrideLogger(false);
const [url = '', server = ''] = process.argv.slice(2);
const report = await main(url, Number(server));
process.send?.(report, () => process.disconnect());
