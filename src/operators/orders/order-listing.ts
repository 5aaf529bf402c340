import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { estimatedEnd } from '../../issuer/domain/order-estimate.js';
import type { OrderStatus } from '../../issuer/domain/order.js';
import type { WaitingReason } from '../../issuer/domain/planner/waiting-reason.js';
import { reasonOf } from '../../issuer/orders/order-view.js';
import { IssuanceSpeed } from '../../issuer/worker/issuance-speed.js';
import { WaitingReasons } from '../../issuer/worker/waiting-reasons.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { decodeTimeCursor, toPage, type Page } from '../../platform/http/page.js';

/** An order as operators see it. */
export interface OrderItem {
  readonly orderId: string;
  readonly deviceId: string;
  readonly name: string;
  readonly group: string | null;
  readonly names: readonly string[];
  readonly status: OrderStatus;
  /** Why it waits or failed, for programs; `limit` and `slot` are the planner's. */
  readonly reasonCode: string | null;
  readonly reason: string | null;
  /** When its certificate is to be expected; null for one that has ended, or waits for an operator or the CA's return. */
  readonly estimatedAt: Date | null;
  readonly nextAttemptAt: Date;
  readonly failures: number;
  readonly manual: boolean;
  readonly queuedAt: Date;
  readonly createdAt: Date;
}

export interface OrderFilter {
  /** Default: those that may still become a certificate. */
  readonly status?: readonly OrderStatus[];
  readonly reason?: string;
  readonly limit: number;
  readonly cursor?: string;
}

interface Row extends Omit<OrderItem, 'estimatedAt'> {
  readonly createdKey: string;
}

const OPEN: readonly OrderStatus[] = ['queued', 'issuing', 'deferred'];
/** The planner's reasons: they are worked out, and not stored. */
const PLANNERS = ['limit', 'slot'];

/** The queue and its reasons. */
@Injectable()
export class OrderListing {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reasons: WaitingReasons,
    private readonly speed: IssuanceSpeed,
    private readonly clock: Clock,
  ) {}

  /** Oldest first. @throws DomainError `invalid_request` for a cursor that is not one */
  async list({ status = OPEN, reason, limit, cursor }: OrderFilter): Promise<Page<OrderItem>> {
    const now = this.clock.now();
    const waiting = await this.reasons.all(now);
    const isPlanners = reason !== undefined && PLANNERS.includes(reason);
    const ids = isPlanners ? [...waiting].filter(([, { code }]) => code === reason).map(([id]) => id) : null;
    const [createdAt, id] = cursor === undefined ? [null, null] : readCursor(cursor);
    const rows = await this.read(
      `o.status = ANY ($1::text[]) AND ($2::text IS NULL OR o.reason_code = $2) AND ($3::uuid[] IS NULL OR o.id = ANY ($3))
       AND ($4::timestamptz IS NULL OR (o.created_at, o.id) > ($4::timestamptz, $5::uuid))`,
      [status, isPlanners ? null : (reason ?? null), ids, createdAt, id, limit + 1],
      'LIMIT $6',
    );
    return toPage(
      rows,
      limit,
      (row) => [row.createdKey, row.orderId],
      (row) => this.itemOf(row, waiting.get(row.orderId), now),
    );
  }

  /** @throws DomainError `not_found` */
  async show(orderId: string): Promise<OrderItem> {
    const now = this.clock.now();
    const [row] = await this.read('o.id = $1', [orderId]);
    if (!row) throw new DomainError('not_found', 'There is no such order; GET /v1/orders lists them.');
    return this.itemOf(row, await this.reasons.of(orderId, now), now);
  }

  private read(condition: string, parameters: readonly unknown[], end = ''): Promise<Row[]> {
    return this.dataSource.query(
      `SELECT o.id AS "orderId", o.device_id AS "deviceId", d.name, d.group_name AS "group", o.names, o.status,
              o.reason_code AS "reasonCode", o.reason, o.next_attempt_at AS "nextAttemptAt", o.failures, o.manual,
              o.queued_at AS "queuedAt", o.created_at AS "createdAt",
              to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdKey"
         FROM issuance_orders o JOIN devices d ON d.id = o.device_id
        WHERE ${condition} ORDER BY o.created_at, o.id ${end}`,
      [...parameters],
    );
  }

  private itemOf(row: Row, waiting: WaitingReason | undefined, now: Date): OrderItem {
    const waits = row.status === 'queued' || row.status === 'deferred' ? waiting?.code : undefined;
    const planners = waits === 'limit' || (waits === 'slot' && row.reasonCode === null) ? waits : undefined;
    return {
      orderId: row.orderId,
      deviceId: row.deviceId,
      name: row.name,
      group: row.group,
      names: row.names,
      status: row.status,
      reasonCode: planners ?? row.reasonCode,
      reason: reasonOf({ status: row.status, reason: row.reason ?? undefined }, waiting) ?? null,
      estimatedAt: estimatedEnd(row, waiting, this.speed.secondsPerOrder, now) ?? null,
      nextAttemptAt: row.nextAttemptAt,
      failures: row.failures,
      manual: row.manual,
      queuedAt: row.queuedAt,
      createdAt: row.createdAt,
    };
  }
}

function readCursor(cursor: string): [string, string] {
  const { time, id } = decodeTimeCursor(cursor);
  return [time, id];
}
