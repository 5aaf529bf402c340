import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { bucketSentence, type WaitingReason } from '../../issuer/domain/planner/waiting-reason.js';
import { WaitingReasons } from '../../issuer/worker/waiting-reasons.js';
import { certificatesInForceSql } from '../devices/certificate-in-force.js';
import { healthSql } from '../devices/health-sql.js';
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
  readonly certificates: Readonly<Record<'ok' | 'renewing' | 'at-risk' | 'expired' | 'none' | 'failing', number>>;
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

type Counts = Record<string, string | number>;

const SHOWN = 10;

/**
 * One row a device: its certificate in force and its newest order; the same order of worst-first as
 * domain/certificate-health.ts, in SQL, so that 100,000 devices are counted where they are.
 */
const HEALTH = `
  SELECT d.id, d.name, ${healthSql('$1')} AS health
    FROM devices d
    LEFT JOIN (${certificatesInForceSql('not_before, not_after, renew_at')}) c ON c.device_id = d.id
    LEFT JOIN (SELECT DISTINCT ON (device_id) device_id, status FROM issuance_orders ORDER BY device_id, created_at DESC) o ON o.device_id = d.id
   WHERE d.state <> 'deleted'`;

@Injectable()
export class FleetSummaries {
  readonly #kept = new KeptAnswer(() => this.count());

  constructor(
    private readonly dataSource: DataSource,
    private readonly levels: BucketLevels,
    private readonly waiting: WaitingReasons,
    private readonly clock: Clock,
  ) {}

  /** For a large fleet as of up to five seconds ago; `serverTime` says when. */
  read(): Promise<FleetSummary> {
    return this.#kept.get();
  }

  private async count(): Promise<FleetSummary> {
    const now = this.clock.now();
    const [devices, health, expiries, failures, queue, reasons, zones, buckets, waiting] = await Promise.all([
      this.dataSource.query<Counts[]>(
        `SELECT count(*)::int AS total, count(*) FILTER (WHERE state = 'active')::int AS active,
                count(*) FILTER (WHERE state = 'suspended')::int AS suspended,
                count(clone_suspected_at)::int AS "cloneSuspected" FROM devices WHERE state <> 'deleted'`,
      ),
      this.dataSource.query<{ health: string; devices: number }[]>(
        `SELECT health, count(*)::int AS devices FROM (${HEALTH}) AS per_device GROUP BY health`,
        [now],
      ),
      this.dataSource.query<{ deviceId: string; name: string; notAfter: Date }[]>(
        `SELECT d.id AS "deviceId", d.name, c.not_after AS "notAfter" FROM certificates c JOIN devices d ON d.id = c.device_id
          WHERE d.state <> 'deleted' AND c.revoked_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM certificates newer WHERE newer.device_id = c.device_id AND newer.created_at > c.created_at)
          ORDER BY c.not_after LIMIT ${SHOWN}`,
      ),
      this.dataSource.query<{ orderId: string; deviceId: string; name: string; reason: string | null; at: Date }[]>(
        `SELECT o.id AS "orderId", d.id AS "deviceId", d.name, o.reason, o.updated_at AS at
           FROM issuance_orders o JOIN devices d ON d.id = o.device_id
          WHERE o.status = 'failed' AND d.state <> 'deleted' ORDER BY o.updated_at DESC LIMIT ${SHOWN}`,
      ),
      this.dataSource.query<{ status: string; orders: number }[]>(
        `SELECT status, count(*)::int AS orders FROM issuance_orders WHERE status IN ('queued', 'issuing', 'deferred') GROUP BY status`,
      ),
      this.dataSource.query<{ reason: string; orders: number }[]>(
        `SELECT reason, count(*)::int AS orders FROM issuance_orders
          WHERE status IN ('queued', 'deferred') AND reason IS NOT NULL GROUP BY reason ORDER BY count(*) DESC LIMIT ${SHOWN}`,
      ),
      this.dataSource.query<{ zone: string; serial: number }[]>(
        `SELECT name AS zone, serial::bigint::float8 AS serial FROM zones ORDER BY name`,
      ),
      this.levels.read(),
      this.waiting.all(now),
    ]);
    const byHealth = Object.fromEntries(health.map((row) => [row.health, row.devices]));
    const byStatus = Object.fromEntries(queue.map((row) => [row.status, row.orders]));
    return {
      serverTime: now.toISOString(),
      devices: devices[0] as FleetSummary['devices'],
      certificates: {
        ok: byHealth['ok'] ?? 0,
        renewing: byHealth['renewing'] ?? 0,
        'at-risk': byHealth['at-risk'] ?? 0,
        expired: byHealth['expired'] ?? 0,
        none: byHealth['none'] ?? 0,
        failing: byHealth['failing'] ?? 0,
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
