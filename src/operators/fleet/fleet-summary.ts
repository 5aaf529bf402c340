import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { bucketSentence, type WaitingReason } from '../../issuer/domain/planner/waiting-reason.js';
import { IS_OPEN } from '../../issuer/orders/order-row.js';
import { WaitingReasons } from '../../issuer/worker/waiting-reasons.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { EXPIRY, healthSql } from '../devices/health-sql.js';
import type { CertificateHealth } from '../domain/certificate-health.js';
import { BucketLevels, type BucketLevel } from './bucket-levels.js';
import { KeptAnswer } from './kept-answer.js';

/** What an operator sees first. */
export interface FleetSummary {
  readonly serverTime: string;
  readonly devices: {
    readonly total: number;
    readonly active: number;
    readonly suspended: number;
    readonly cloneSuspected: number;
  };
  readonly certificates: Readonly<Record<CertificateHealth, number>>;
  readonly soonestExpiries: readonly { readonly deviceId: string; readonly name: string; readonly notAfter: Date }[];
  readonly failures: readonly {
    readonly orderId: string;
    readonly deviceId: string;
    readonly name: string;
    readonly reason: string | null;
    readonly at: Date;
  }[];
  readonly queue: Readonly<Record<'queued' | 'issuing' | 'deferred', number>> & {
    readonly reasons: readonly { readonly reason: string; readonly orders: number }[];
  };
  readonly buckets: readonly BucketLevel[];
  readonly zones: readonly { readonly zone: string; readonly serial: number }[];
}

const SHOWN = 10;

/**
 * Why orders wait, where that is stored: counted by the reason's code, from an index alone, and told in the words of one
 * order that waits for it.
 */
const STORED_REASONS = `
  SELECT coalesce((SELECT o.reason FROM issuance_orders o
           WHERE o.status IN ('queued', 'deferred') AND o.reason_code = by_code.reason_code AND o.reason IS NOT NULL
           ORDER BY o.created_at, o.id LIMIT 1), by_code.reason_code) AS reason, by_code.orders
    FROM (SELECT o.reason_code, count(*)::int AS orders FROM issuance_orders o
           WHERE o.status IN ('queued', 'deferred') AND o.reason_code IS NOT NULL GROUP BY o.reason_code) by_code
   ORDER BY by_code.orders DESC LIMIT ${SHOWN}`;

@Injectable()
export class FleetSummaries {
  readonly #kept = new KeptAnswer(() => this.count());

  constructor(
    private readonly dataSource: DataSource,
    private readonly levels: BucketLevels,
    private readonly waiting: WaitingReasons,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** `serverTime` says of when: up to five seconds ago, where counting takes long. */
  read(): Promise<FleetSummary> {
    return this.#kept.get();
  }

  private async count(): Promise<FleetSummary> {
    const now = this.clock.now();
    const [devices, clones, expiries, failures, queue, reasons, zones, buckets, waiting] = await Promise.all([
      this.dataSource.query<{ state: 'active' | 'suspended'; health: CertificateHealth; devices: number }[]>(
        `SELECT f.state, ${healthSql({ now: '$1', atRiskFraction: '$2' })} AS health, count(*)::int AS devices
           FROM device_facts f GROUP BY 1, 2`,
        [now, this.config.alarms.atRiskFraction],
      ),
      this.dataSource.query<{ devices: number }[]>(
        `SELECT count(*)::int AS devices FROM devices WHERE clone_suspected_at IS NOT NULL AND state <> 'deleted'`,
      ),
      this.dataSource.query<{ deviceId: string; name: string; notAfter: Date }[]>(
        `SELECT f.device_id AS "deviceId", f.name, f.not_after AS "notAfter" FROM device_facts f
          WHERE ${EXPIRY} < 'infinity' ORDER BY ${EXPIRY}, f.device_id LIMIT ${SHOWN}`,
      ),
      this.dataSource.query<{ orderId: string; deviceId: string; name: string; reason: string | null; at: Date }[]>(
        `SELECT o.id AS "orderId", d.id AS "deviceId", d.name, o.reason, o.updated_at AS at
           FROM issuance_orders o JOIN devices d ON d.id = o.device_id
          WHERE o.status = 'failed' AND d.state <> 'deleted' ORDER BY o.updated_at DESC LIMIT ${SHOWN}`,
      ),
      this.dataSource.query<{ status: string; orders: number }[]>(
        `SELECT o.status, count(*)::int AS orders FROM issuance_orders o WHERE ${IS_OPEN} GROUP BY o.status`,
      ),
      this.dataSource.query<{ reason: string; orders: number }[]>(STORED_REASONS),
      this.dataSource.query<{ zone: string; serial: number }[]>(
        `SELECT name AS zone, serial::bigint::float8 AS serial FROM zones ORDER BY name`,
      ),
      this.levels.read(),
      this.waiting.all(now),
    ]);
    const byStatus = Object.fromEntries(queue.map((row) => [row.status, row.orders]));
    const total = (matches: (row: (typeof devices)[number]) => boolean): number =>
      devices.filter(matches).reduce((sum, row) => sum + row.devices, 0);
    return {
      serverTime: now.toISOString(),
      devices: {
        total: total(() => true),
        active: total(({ state }) => state === 'active'),
        suspended: total(({ state }) => state === 'suspended'),
        cloneSuspected: clones[0]?.devices ?? 0,
      },
      certificates: {
        ok: total(({ health }) => health === 'ok'),
        renewing: total(({ health }) => health === 'renewing'),
        'at-risk': total(({ health }) => health === 'at-risk'),
        expired: total(({ health }) => health === 'expired'),
        none: total(({ health }) => health === 'none'),
        failing: total(({ health }) => health === 'failing'),
      },
      soonestExpiries: expiries,
      failures,
      queue: {
        queued: byStatus['queued'] ?? 0,
        issuing: byStatus['issuing'] ?? 0,
        deferred: byStatus['deferred'] ?? 0,
        reasons: [...reasons, ...limitReasons(waiting.values())]
          .toSorted((a, b) => b.orders - a.orders)
          .slice(0, SHOWN),
      },
      buckets,
      zones,
    };
  }
}

/** Orders that wait for a shared limit, by limit: their reasons are worked out, and not stored. */
function limitReasons(waiting: Iterable<WaitingReason>): { reason: string; orders: number }[] {
  const counts = new Map<string, { reason: string; orders: number }>();
  for (const { code, bucket } of waiting) {
    if (code !== 'limit' || !bucket) continue;
    const entry = counts.get(bucket.key) ?? { reason: bucketSentence(bucket), orders: 0 };
    counts.set(bucket.key, { ...entry, orders: entry.orders + 1 });
  }
  return [...counts.values()];
}
