import type { EntityManager } from 'typeorm';

import { recordEvents } from '../../platform/events/record-events.js';
import type { EventType } from '../../platform/events/event-type.js';

type OrderEventType = Extract<EventType, 'certificate.issued' | 'order.failed' | 'order.deferred'>;

const MESSAGE: Record<OrderEventType, (name: string, reason: string) => string> = {
  'certificate.issued': (name) => `${name} has a new certificate.`,
  'order.failed': (name, reason) => `The certificate for ${name} was not issued: ${reason}`,
  'order.deferred': (name, reason) => `The certificate for ${name} waits for a limit of the CA: ${reason}`,
};

/** Records what became of an order, in the transaction that writes it; about its device, with the order's id in the data. */
export async function recordOrderEvent(
  transaction: EntityManager,
  type: OrderEventType,
  orderId: string,
  at: Date,
  data: Readonly<Record<string, unknown>> & { readonly reason?: string } = {},
): Promise<void> {
  const [order] = await transaction.query<{ device_id: string; name: string }[]>(
    `SELECT o.device_id, d.name FROM issuance_orders o JOIN devices d ON d.id = o.device_id WHERE o.id = $1`,
    [orderId],
  );
  if (!order) return;
  const { device_id, name } = order;
  const message = MESSAGE[type](name, data.reason ?? '');
  const subject = { kind: 'device', id: device_id, name } as const;
  await recordEvents(transaction, [{ type, subject, message, data: { orderId, ...data }, at }]);
}
