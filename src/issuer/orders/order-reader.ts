import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { estimateIssuedAt, pollAfterSeconds } from '../domain/order-estimate.js';
import type { IssuanceOrder } from '../domain/order.js';
import { IssuanceSpeed } from '../worker/issuance-speed.js';
import { IS_OPEN, ORDER_COLUMNS, orderOf, type OrderRow } from './order-row.js';
import { type OrderView, reasonOf } from './order-view.js';

/** Counting the whole line exactly is not worth it. */
const LONGEST_LINE = 10_000;

export interface ReadOrder extends OrderView {
  /** When asking again is worth it; undefined for an order that has ended. */
  readonly retryAfterSeconds?: number;
}

/** Reads orders for their devices. */
@Injectable()
export class OrderReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly speed: IssuanceSpeed,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** @throws DomainError `not_found`, for another device's order too */
  async read(deviceId: string, orderId: string, now: Date): Promise<ReadOrder> {
    const rows: OrderRow[] = await this.dataSource.query(
      `SELECT ${ORDER_COLUMNS} FROM issuance_orders o WHERE o.id = $1 AND o.device_id = $2`,
      [orderId, deviceId],
    );
    if (!rows[0])
      throw new DomainError('not_found', 'This device has no such order; POST /v1/device/orders makes one.');
    return this.view(orderOf(rows[0]), now);
  }

  async newestOf(deviceId: string, now: Date): Promise<ReadOrder | undefined> {
    const rows: OrderRow[] = await this.dataSource.query(
      `SELECT ${ORDER_COLUMNS} FROM issuance_orders o WHERE o.device_id = $1 ORDER BY o.created_at DESC, o.id LIMIT 1`,
      [deviceId],
    );
    return rows[0] && this.view(orderOf(rows[0]), now);
  }

  async view(order: IssuanceOrder, now: Date): Promise<ReadOrder> {
    const estimatedAt = estimateIssuedAt(
      {
        status: order.status,
        nextAttemptAt: order.nextAttemptAt,
        ahead: order.status === 'queued' ? await this.ahead(order, now) : 0,
        ordersInFlight: this.config.acme.ordersInFlight,
        secondsPerOrder: this.speed.secondsPerOrder,
      },
      now,
    );
    return {
      orderId: order.id,
      status: order.status,
      names: order.names,
      reason: reasonOf(order),
      estimatedAt: estimatedAt?.toISOString(),
      certificateUrl: order.status === 'issued' ? `${this.config.http.publicUrl}/v1/device/certificate` : undefined,
      retryAfterSeconds: estimatedAt && pollAfterSeconds(estimatedAt, now),
    };
  }

  /** Due orders that stand before this one in the line. */
  private async ahead(order: IssuanceOrder, now: Date): Promise<number> {
    const rows: { ahead: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS ahead FROM (
         SELECT 1 FROM issuance_orders o
          WHERE ${IS_OPEN} AND o.next_attempt_at <= $1 AND o.queued_at < $2 AND o.id <> $3 LIMIT ${LONGEST_LINE}) AS line`,
      [now, order.queuedAt, order.id],
    );
    return rows[0]?.ahead ?? 0;
  }
}
