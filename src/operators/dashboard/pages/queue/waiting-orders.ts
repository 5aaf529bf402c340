import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { estimatedEnd } from '../../../../issuer/domain/order-estimate.js';
import type { OrderStatus } from '../../../../issuer/domain/order.js';
import { bucketSentence, type WaitingReason } from '../../../../issuer/domain/planner/waiting-reason.js';
import { reasonOf } from '../../../../issuer/orders/order-view.js';
import { IssuanceSpeed } from '../../../../issuer/worker/issuance-speed.js';
import { WaitingReasons } from '../../../../issuer/worker/waiting-reasons.js';
import { decodeTimeCursor, toPage, type Page } from '../../../../platform/http/page.js';
import type { QueueFilter } from './queue-link.js';

/** An order, with its place in the line. */
export interface WaitingOrder {
  readonly id: string;
  readonly deviceId: string;
  readonly name: string;
  readonly group: string | null;
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly failures: number;
  readonly queuedAt: Date;
  readonly updatedAt: Date;
  readonly nextAttemptAt: Date;
  /** When its certificate can be expected, if nothing more goes wrong. */
  readonly estimatedAt: Date | undefined;
}

interface Row extends Omit<WaitingOrder, 'estimatedAt'> {
  readonly key: string;
  readonly reasonCode: string | null;
}

const OPEN = ['queued', 'issuing', 'deferred'] as const satisfies readonly OrderStatus[];

/** The line of orders that may still become certificates, and those that failed. */
@Injectable()
export class WaitingOrders {
  constructor(
    private readonly dataSource: DataSource,
    private readonly speed: IssuanceSpeed,
    private readonly reasons: WaitingReasons,
  ) {}

  /**
   * In the order of the line; failed ones the latest first, and only those after which the device has not ordered anew.
   * @throws DomainError `invalid_request` for a cursor that is not one
   */
  async list(filter: QueueFilter, limit: number, cursor: string | undefined, now: Date): Promise<Page<WaitingOrder>> {
    const waiting = await this.reasons.all(now);
    const rows = await this.read(filter, waiting, limit + 1, cursor);
    return toPage(
      rows,
      limit,
      (row) => [row.key, row.id],
      (row) => ({
        ...row,
        reason: reasonOf({ status: row.status, reason: row.reason ?? undefined }, waiting.get(row.id)) ?? null,
        estimatedAt: estimatedEnd(row, waiting.get(row.id), this.speed.secondsPerOrder, now),
      }),
    );
  }

  private read(
    { status, reason, group }: QueueFilter,
    waiting: ReadonlyMap<string, WaitingReason>,
    limit: number,
    cursor: string | undefined,
  ): Promise<Row[]> {
    const isFailed = status === 'failed';
    const [column, before, direction] = isFailed ? ['updated_at', '<', 'DESC'] : ['queued_at', '>', 'ASC'];
    const [time, id] = cursor === undefined ? [null, null] : keyOf(cursor);
    // What the planner says is worked out, and not stored.
    const held = reason === undefined ? [] : ordersHeldBy(reason, waiting);
    return this.dataSource.query<Row[]>(
      `SELECT o.id, o.device_id AS "deviceId", d.name, d.group_name AS "group", o.status, o.reason, o.reason_code AS "reasonCode",
              o.failures, o.queued_at AS "queuedAt", o.updated_at AS "updatedAt", o.next_attempt_at AS "nextAttemptAt",
              to_char(o.${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS key
         FROM issuance_orders o
         JOIN devices d ON d.id = o.device_id
        WHERE o.status IN (${statusList(status)})
          AND ($1::timestamptz IS NULL OR (o.${column}, o.id) ${before} ($1::timestamptz, $2::uuid))
          AND ($3::text IS NULL OR d.group_name = $3)
          AND ($4::text IS NULL OR o.reason = $4 OR o.reason_code = (${CODE_OF_REASON}) OR o.id = ANY ($5::uuid[]))
          ${isFailed ? NEWEST_OF_DEVICE : ''}
        ORDER BY o.${column} ${direction}, o.id ${direction} LIMIT $6`,
      [time, id, group ?? null, reason ?? null, held, limit],
    );
  }
}

/** Sentences name times and figures: those of one code are one reason, told in the words of one order. */
const CODE_OF_REASON = `
  SELECT told.reason_code FROM issuance_orders told
   WHERE told.status IN ('queued', 'deferred') AND told.reason = $4 AND told.reason_code IS NOT NULL LIMIT 1`;

const NEWEST_OF_DEVICE = `AND d.state <> 'deleted' AND NOT EXISTS (
  SELECT 1 FROM issuance_orders newer WHERE newer.device_id = o.device_id AND newer.created_at > o.created_at)`;

export const QUEUE_STATUSES = [...OPEN, 'failed'] as const satisfies readonly OrderStatus[];

export type QueueStatus = (typeof QUEUE_STATUSES)[number];

/** SQL, of our own words: the planner of the database has to see them to know which index fits. */
function statusList(status: string | undefined): string {
  const shown = QUEUE_STATUSES.filter((known) => (status === undefined ? known !== 'failed' : known === status));
  return shown.map((known) => `'${known}'`).join(', ');
}

function ordersHeldBy(reason: string, waiting: ReadonlyMap<string, WaitingReason>): string[] {
  return [...waiting]
    .filter(([, { code, bucket }]) => code === 'limit' && bucket !== undefined && bucketSentence(bucket) === reason)
    .map(([orderId]) => orderId);
}

function keyOf(cursor: string): [string, string] {
  const { time, id } = decodeTimeCursor(cursor);
  return [time, id];
}
