import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { estimatedEnd } from '../../../../issuer/domain/order-estimate.js';
import type { OrderStatus } from '../../../../issuer/domain/order.js';
import { IS_OPEN } from '../../../../issuer/orders/order-row.js';
import { reasonOf } from '../../../../issuer/orders/order-view.js';
import { IssuanceSpeed } from '../../../../issuer/worker/issuance-speed.js';
import { WaitingReasons } from '../../../../issuer/worker/waiting-reasons.js';
import { decodeTimeCursor, toPage, type Page } from '../../../../platform/http/page.js';

/** An open order, with its place in the line. */
export interface WaitingOrder {
  readonly id: string;
  readonly deviceId: string;
  readonly name: string;
  readonly group: string | null;
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly failures: number;
  readonly queuedAt: Date;
  readonly nextAttemptAt: Date;
  /** When its certificate can be expected, if nothing more goes wrong. */
  readonly estimatedAt: Date | undefined;
}

interface Row extends Omit<WaitingOrder, 'estimatedAt'> {
  readonly queuedKey: string;
  readonly reasonCode: string | null;
}

/** The line of orders that may still become certificates. */
@Injectable()
export class WaitingOrders {
  constructor(
    private readonly dataSource: DataSource,
    private readonly speed: IssuanceSpeed,
    private readonly reasons: WaitingReasons,
  ) {}

  /** In the order of the line. @throws DomainError `invalid_request` for a cursor that is not one */
  async list(limit: number, cursor: string | undefined, now: Date): Promise<Page<WaitingOrder>> {
    const [queuedAt, id] = cursor === undefined ? [null, null] : readCursor(cursor);
    const waiting = await this.reasons.all(now);
    const rows = await this.dataSource.query<Row[]>(
      `SELECT o.id, o.device_id AS "deviceId", d.name, d.group_name AS "group", o.status, o.reason, o.reason_code AS "reasonCode", o.failures,
              o.queued_at AS "queuedAt", o.next_attempt_at AS "nextAttemptAt",
              to_char(o.queued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "queuedKey"
         FROM issuance_orders o
         JOIN devices d ON d.id = o.device_id
        WHERE ${IS_OPEN} AND ($1::timestamptz IS NULL OR (o.queued_at, o.id) > ($1::timestamptz, $2::uuid))
        ORDER BY o.queued_at, o.id LIMIT $3`,
      [queuedAt, id, limit + 1],
    );
    return toPage(
      rows,
      limit,
      (row) => [row.queuedKey, row.id],
      (row) => ({
        ...row,
        reason: reasonOf({ status: row.status, reason: row.reason ?? undefined }, waiting.get(row.id)) ?? null,
        estimatedAt: estimatedEnd(row, waiting.get(row.id), this.speed.secondsPerOrder, now),
      }),
    );
  }
}

function readCursor(cursor: string): [string, string] {
  const { time, id } = decodeTimeCursor(cursor);
  return [time, id];
}
