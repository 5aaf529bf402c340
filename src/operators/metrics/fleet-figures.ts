import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { CaLimits } from '../../issuer/limits/ca-limits.js';
import { Clock } from '../../kernel/clock.js';
import { type BucketLevel, bucketLevels } from '../alarms/ca-observations.js';
import { certificatesInForceSql } from '../devices/certificate-in-force.js';

const FRESH_MILLISECONDS = 10_000;

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Upper bounds of the histogram of what is left of certificates, in seconds. */
export const EXPIRY_BOUNDS = [0, HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY];

export interface FleetFigures {
  readonly devices: readonly { readonly state: string; readonly count: number }[];
  readonly orders: readonly { readonly status: string; readonly reason: string; readonly count: number }[];
  readonly buckets: readonly BucketLevel[];
  /** Certificates in force: how many have at most as much left as each bound, and what is left of all together. */
  readonly expiry: { readonly atMost: readonly number[]; readonly count: number; readonly seconds: number };
  readonly alarms: readonly { readonly kind: string; readonly count: number }[];
  readonly pendingDeliveries: { readonly webhook: number; readonly mail: number };
}

/** What is the same for all servers, from the database. Asked at most every ten seconds, however many scrape. */
@Injectable()
export class FleetFiguresReader {
  #read: { readonly at: number; readonly figures: Promise<FleetFigures> } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly limits: CaLimits,
  ) {}

  read(): Promise<FleetFigures> {
    const now = performance.now();
    if (this.#read && now - this.#read.at < FRESH_MILLISECONDS) return this.#read.figures;
    const figures = this.#query();
    this.#read = { at: now, figures };
    figures.catch(() => (this.#read = undefined));
    return figures;
  }

  /** The next reading is a new one. */
  forget(): void {
    this.#read = undefined;
  }

  async #query(): Promise<FleetFigures> {
    const now = this.clock.now();
    const [devices, orders, buckets, expiry, alarms, webhooks, mails] = await Promise.all([
      this.dataSource.query<FleetFigures['devices']>(
        `SELECT state, count(*)::int AS count FROM device_facts GROUP BY state`,
      ),
      this.dataSource.query<FleetFigures['orders']>(
        `SELECT status, coalesce(reason_code, 'none') AS reason, count(*)::int AS count FROM issuance_orders
          WHERE status IN ('queued', 'issuing', 'deferred') GROUP BY status, reason_code`,
      ),
      bucketLevels(this.dataSource, this.limits.all, now),
      this.#expiry(now),
      this.dataSource.query<FleetFigures['alarms']>(
        `SELECT kind, count(*)::int AS count FROM alarms WHERE raised_at IS NOT NULL GROUP BY kind`,
      ),
      this.#pending('webhook_deliveries'),
      this.#pending('mail_messages'),
    ]);
    return { devices, orders, buckets, expiry, alarms, pendingDeliveries: { webhook: webhooks, mail: mails } };
  }

  async #expiry(now: Date): Promise<FleetFigures['expiry']> {
    const rows = await this.dataSource.query<{ place: number; count: number; seconds: number }[]>(
      `SELECT width_bucket(-left_seconds, $2::float8[]) AS place, count(*)::int AS count, sum(left_seconds)::float8 AS seconds
         FROM (SELECT extract(epoch FROM not_after - $1)::float8 AS left_seconds
                 FROM (${certificatesInForceSql('not_after')}) AS in_force) AS measured
        GROUP BY place`,
      [now, EXPIRY_BOUNDS.toReversed().map((bound) => -bound)],
    );
    const total = (figures: readonly number[]): number => figures.reduce((sum, figure) => sum + figure, 0);
    // Counted from the longest bound down: what is behind the first of n bounds has at most that much left.
    const atMost = EXPIRY_BOUNDS.map((_, index) =>
      total(rows.filter(({ place }) => place >= EXPIRY_BOUNDS.length - index).map(({ count }) => count)),
    );
    return { atMost, count: total(rows.map(({ count }) => count)), seconds: total(rows.map(({ seconds }) => seconds)) };
  }

  async #pending(table: 'webhook_deliveries' | 'mail_messages'): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM ${table} WHERE state = 'pending'`,
    );
    return row?.count ?? 0;
  }
}
