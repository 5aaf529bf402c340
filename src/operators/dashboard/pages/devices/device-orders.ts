import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { OrderEvent, OrderStatus } from '../../../../issuer/domain/order.js';

const SHOWN = 10;

/** An order as its timeline shows it. */
export interface ShownOrder {
  readonly id: string;
  readonly deviceId: string;
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly names: readonly string[];
  readonly acmeOrderUrl: string | null;
  readonly isRenewal: boolean;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly nextAttemptAt: Date;
  readonly history: readonly OrderEvent[];
}

/** The orders of a device, with what happened to them. */
@Injectable()
export class DeviceOrders {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest ones, newest first. */
  newest(deviceId: string): Promise<ShownOrder[]> {
    return this.dataSource.query<ShownOrder[]>(
      `SELECT id, device_id AS "deviceId", status, reason, names, acme_order_url AS "acmeOrderUrl", replaces IS NOT NULL AS "isRenewal",
              created_at AS "createdAt", ended_at AS "endedAt", next_attempt_at AS "nextAttemptAt", history
         FROM issuance_orders WHERE device_id = $1 ORDER BY created_at DESC, id LIMIT ${SHOWN}`,
      [deviceId],
    );
  }

  /** Is it an order of this device? */
  async has(deviceId: string, orderId: string): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM issuance_orders WHERE id = $1 AND device_id = $2`,
      [orderId, deviceId],
    );
    return rows.length > 0;
  }
}
