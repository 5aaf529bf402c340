import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { CaList } from '../accounts/ca-list.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { DomainError } from '../../kernel/errors.js';
import { isOpen, type OrderStatus } from '../domain/order.js';
import { QueueSignal } from '../worker/queue-signal.js';
import { firstPlace, type FirstPlace } from './order-home.js';
import { IS_OPEN } from './order-row.js';

interface RetriedRow {
  device_id: string;
  status: OrderStatus;
  reason_code: string | null;
  leased: boolean;
  compromised: boolean;
  device_state: string;
  names: string[];
  rehearsed_at: Date | null;
}

/** A person asks for an order again: it is due now, and has the share of the CA's limits that is kept for such. */
@Injectable()
export class OrderRetry {
  private readonly logger = new Logger(OrderRetry.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly signal: QueueSignal,
    private readonly list: CaList,
    private readonly watch: CaWatch,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `not_found`, `order_not_retryable` */
  async retry(orderId: string): Promise<void> {
    const now = this.clock.now();
    await this.dataSource.transaction(async (transaction) => {
      const row = await this.lock(transaction, orderId);
      if (row.leased) return;
      if (!isOpen(row.status)) await this.checkFailed(transaction, row);
      const place = isOpen(row.status) ? undefined : await this.placeAgain(transaction, row);
      await transaction.query(
        `UPDATE issuance_orders
            SET next_attempt_at = $2, updated_at = $2, manual = true, reason_code = NULL, reason = NULL,
                status = CASE WHEN status = 'issuing' THEN status ELSE 'queued' END,
                queued_at = CASE WHEN ended_at IS NULL THEN queued_at ELSE $2 END,
                step = CASE WHEN ended_at IS NULL THEN step ELSE 'queued' END,
                step_at = CASE WHEN ended_at IS NULL THEN step_at ELSE $2 END,
                acme_order_url = CASE WHEN ended_at IS NULL THEN acme_order_url END,
                ca = CASE WHEN $4 THEN $5 ELSE ca END, ca_why = CASE WHEN $4 THEN $6 ELSE ca_why END,
                ended_at = NULL, history = history || $3::jsonb
          WHERE id = $1`,
        [
          orderId,
          now,
          JSON.stringify([{ at: now.toISOString(), step: 'retried by hand' }]),
          place !== undefined,
          place?.ca ?? null,
          place?.why ?? null,
        ],
      );
      // Who retries by hand may have acted at the CA.
      for (const { directoryUrl } of this.list.all)
        await this.watch.retryPaused(transaction, directoryUrl, row.names, now);
      await this.signal.announce(transaction, orderId);
    });
    this.logger.log({ orderId }, 'order retried by hand');
    this.signal.wake();
  }

  /** The device's row first, as when an order is taken. */
  private async lock(transaction: EntityManager, orderId: string): Promise<RetriedRow> {
    await transaction.query(
      `SELECT 1 FROM devices WHERE id = (SELECT device_id FROM issuance_orders WHERE id = $1) FOR NO KEY UPDATE`,
      [orderId],
    );
    const rows: RetriedRow[] = await transaction.query(
      `SELECT o.device_id, o.status, o.reason_code, coalesce(o.lease_expires_at > clock_timestamp(), false) AS leased,
              d.state AS device_state, o.names, o.rehearsed_at,
              EXISTS (SELECT 1 FROM device_keys k WHERE k.spki_sha256 = o.spki_sha256 AND k.compromised_at IS NOT NULL) AS compromised
         FROM issuance_orders o JOIN devices d ON d.id = o.device_id WHERE o.id = $1 FOR UPDATE OF o`,
      [orderId],
    );
    if (!rows[0]) throw new DomainError('not_found', 'There is no such order; GET /v1/orders lists them.');
    return rows[0];
  }

  /** One that was refused at its CA is rehearsed first, unless it was already. */
  private placeAgain(transaction: EntityManager, row: RetriedRow): Promise<FirstPlace> {
    const failed = row.reason_code === 'validation_failed' || row.reason_code === 'ca_refused';
    return firstPlace(transaction, this.list, row.device_id, { failed: failed && row.rehearsed_at === null });
  }

  private async checkFailed(transaction: EntityManager, row: RetriedRow): Promise<void> {
    const refuse = (why: string): never => {
      throw new DomainError('order_not_retryable', why);
    };
    if (row.status === 'issued') refuse('This order is issued: there is nothing to retry.');
    if (row.reason_code === 'superseded') refuse("A newer CSR of the device has taken this order's place.");
    if (row.compromised) refuse('The key of this order was reported compromised: the device has to make a new one.');
    if (row.device_state === 'deleted') refuse('The device of this order was removed.');
    const open: { id: string }[] = await transaction.query(
      `SELECT o.id FROM issuance_orders o WHERE o.device_id = $1 AND ${IS_OPEN}`,
      [row.device_id],
    );
    if (open[0]) refuse(`The device has another open order: retry ${open[0].id}.`);
  }
}
