import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { estimatedEnd, pollAfterSeconds, pollUnknownSeconds } from '../domain/order-estimate.js';
import { isOpen, type IssuanceOrder } from '../domain/order.js';
import { IssuanceSpeed } from '../worker/issuance-speed.js';
import { WaitingReasons } from '../worker/waiting-reasons.js';
import { ORDER_COLUMNS, orderOf, type OrderRow } from './order-row.js';
import { type OrderView, reasonOf } from './order-view.js';

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
    private readonly reasons: WaitingReasons,
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
    const waiting = isOpen(order.status) ? await this.reasons.of(order.id, now) : undefined;
    const estimatedAt = estimatedEnd(order, waiting, this.speed.secondsPerOrder, now);
    return {
      orderId: order.id,
      status: order.status,
      names: order.names,
      reason: reasonOf(order, waiting),
      estimatedAt: estimatedAt?.toISOString(),
      certificateUrl: order.status === 'issued' ? `${this.config.http.publicUrl}/v1/device/certificate` : undefined,
      retryAfterSeconds: isOpen(order.status) ? pollSeconds(order, estimatedAt, now) : undefined,
    };
  }
}

function pollSeconds(order: IssuanceOrder, estimatedAt: Date | undefined, now: Date): number {
  return estimatedAt ? pollAfterSeconds(estimatedAt, now) : pollUnknownSeconds(order.stepAt, now, Math.random());
}
