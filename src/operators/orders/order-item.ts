import { estimatedEnd } from '../../issuer/domain/order-estimate.js';
import type { OrderStatus } from '../../issuer/domain/order.js';
import type { WaitingReason } from '../../issuer/domain/planner/waiting-reason.js';
import { reasonOf } from '../../issuer/orders/order-view.js';

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
  /** The X-Request-Id of the call that it was made by; null for one that the server has made by itself. */
  readonly requestId: string | null;
}

export interface OrderItemRow extends Omit<OrderItem, 'estimatedAt'> {
  /** createdAt to the microsecond. */
  readonly createdKey: string;
}

/** The columns of an OrderItemRow, with issuance_orders as `o` and devices as `d`. */
export const ORDER_ITEM_COLUMNS = `
  o.id AS "orderId", o.device_id AS "deviceId", d.name, d.group_name AS "group", o.names, o.status,
  o.reason_code AS "reasonCode", o.reason, o.next_attempt_at AS "nextAttemptAt", o.failures, o.manual,
  o.queued_at AS "queuedAt", o.created_at AS "createdAt", o.request_id AS "requestId",
  to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdKey"`;

/** @param waiting what the planner says of the order, if it waits */
export function orderItem(
  row: OrderItemRow,
  waiting: WaitingReason | undefined,
  secondsPerOrder: number,
  now: Date,
): OrderItem {
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
    estimatedAt: estimatedEnd(row, waiting, secondsPerOrder, now) ?? null,
    nextAttemptAt: row.nextAttemptAt,
    failures: row.failures,
    manual: row.manual,
    queuedAt: row.queuedAt,
    createdAt: row.createdAt,
    requestId: row.requestId,
  };
}
