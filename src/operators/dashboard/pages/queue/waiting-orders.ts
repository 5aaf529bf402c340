import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { estimateIssuedAt } from '../../../../issuer/domain/order-estimate.js';
import type { OrderStatus } from '../../../../issuer/domain/order.js';
import { IS_OPEN } from '../../../../issuer/orders/order-row.js';
import { IssuanceSpeed } from '../../../../issuer/worker/issuance-speed.js';
import { DomainError } from '../../../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../../../platform/config/app-config.js';
import { decodeCursor, toPage, type Page } from '../../../../platform/http/page.js';

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
  readonly ahead: number;
  readonly queuedKey: string;
}

/** The line of orders that may still become certificates. */
@Injectable()
export class WaitingOrders {
  constructor(
    private readonly dataSource: DataSource,
    private readonly speed: IssuanceSpeed,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** In the order of the line. @throws DomainError `invalid_request` for a cursor that is not one */
  async list(limit: number, cursor: string | undefined, now: Date): Promise<Page<WaitingOrder>> {
    const [queuedAt, id] = cursor === undefined ? [null, null] : readCursor(cursor);
    // The line is numbered as a whole: how many due orders stand before one is the same on every page.
    const rows = await this.dataSource.query<Row[]>(
      `SELECT line.id, line.device_id AS "deviceId", d.name, d.group_name AS "group", line.status, line.reason,
              line.failures, line.queued_at AS "queuedAt", line.next_attempt_at AS "nextAttemptAt", line.ahead,
              to_char(line.queued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "queuedKey"
         FROM (SELECT o.id, o.device_id, o.status, o.reason, o.failures, o.queued_at, o.next_attempt_at,
                      (count(*) FILTER (WHERE o.next_attempt_at <= $1) OVER
                        (ORDER BY o.queued_at, o.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))::int AS ahead
                 FROM issuance_orders o WHERE ${IS_OPEN}) AS line
         JOIN devices d ON d.id = line.device_id
        WHERE $2::timestamptz IS NULL OR (line.queued_at, line.id) > ($2::timestamptz, $3::uuid)
        ORDER BY line.queued_at, line.id LIMIT $4`,
      [now, queuedAt, id, limit + 1],
    );
    return toPage(
      rows,
      limit,
      (row) => [row.queuedKey, row.id],
      (row) => ({ ...row, estimatedAt: this.estimate(row, now) }),
    );
  }

  private estimate(order: Pick<Row, 'status' | 'nextAttemptAt' | 'ahead'>, now: Date): Date | undefined {
    const { ordersInFlight } = this.config.acme;
    return estimateIssuedAt({ ...order, ordersInFlight, secondsPerOrder: this.speed.secondsPerOrder }, now);
  }
}

function readCursor(cursor: string): [string, string] {
  const [queuedAt = '', id = ''] = decodeCursor(cursor, 2);
  if (/^\d{4}-[\d:.TZ-]+$/.test(queuedAt) && /^[0-9a-f-]{36}$/.test(id)) return [queuedAt, id];
  throw new DomainError('invalid_request', 'The cursor is not one that this list gave out; start without it.');
}
