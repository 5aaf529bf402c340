import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { IssuanceBudget } from '../limits/issuance-budget.js';
import { IS_OPEN, IS_TO_BE_REVOKED } from './order-row.js';

/**
 * Open orders that can never be issued: the device was removed, or the key reported compromised. One that the CA may be
 * issuing for a device that was removed with its certificates goes on, so that its certificate is found and revoked.
 */
@Injectable()
export class HopelessOrders {
  constructor(private readonly budget: IssuanceBudget) {}

  /** Fails those that no server works on right now. @returns how many */
  async fail(transaction: EntityManager, now: Date): Promise<number> {
    const [rows]: [{ id: string }[], number] = await transaction.query(
      `UPDATE issuance_orders SET status = 'failed', reason_code = hopeless.code, reason = hopeless.reason,
              ended_at = $1, updated_at = $1, lease_id = NULL, lease_owner = NULL, lease_server = NULL, lease_expires_at = NULL,
              history = history || jsonb_build_array(jsonb_build_object('at', $2::text, 'step', 'failed', 'note', hopeless.reason))
         FROM (SELECT o.id,
                      CASE WHEN d.state = 'deleted' THEN 'device_removed' ELSE 'key_compromised' END AS code,
                      CASE WHEN d.state = 'deleted' THEN 'The device was removed.'
                           ELSE 'The key was reported compromised: make a new key and order again.' END AS reason
                 FROM issuance_orders o
                 JOIN devices d ON d.id = o.device_id
                 LEFT JOIN device_keys k ON k.spki_sha256 = o.spki_sha256
                WHERE ${IS_OPEN} AND (d.state = 'deleted' OR k.compromised_at IS NOT NULL)
                  AND NOT (${IS_TO_BE_REVOKED})
                  AND (o.lease_id IS NULL OR o.lease_expires_at <= clock_timestamp())
                  FOR UPDATE OF o SKIP LOCKED) AS hopeless
        WHERE issuance_orders.id = hopeless.id RETURNING issuance_orders.id`,
      [now, now.toISOString()],
    );
    for (const { id } of rows) await this.budget.settle(transaction, id, 'nothing-came', now);
    return rows.length;
  }
}
