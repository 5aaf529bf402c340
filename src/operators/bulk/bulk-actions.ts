import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DeviceLifecycle } from '../../devices/device-lifecycle.js';
import { DomainError, type ErrorCode } from '../../kernel/errors.js';
import { OrderRetry } from '../../issuer/orders/order-retry.js';
import { Revocations } from '../../issuer/revocation/revocations.js';
import { DeviceRemoval } from '../devices/device-removal.js';
import type { BulkAction, BulkParameters } from './bulk-action.js';
import type { BulkOutcome } from './bulk-job.js';

export interface BulkResult {
  readonly outcome: Exclude<BulkOutcome, 'cancelled'>;
  readonly detail?: string;
}

const DONE: BulkResult = { outcome: 'done' };
const UNCHANGED: BulkResult = { outcome: 'unchanged' };

/** Refusals that say that there is nothing to do; the same action twice is no fault. */
const NOTHING_TO_DO: readonly ErrorCode[] = ['not_found', 'no_certificate', 'already_revoked'];

/** One action on one device, by the same services as the single calls. Doing it again changes nothing more. */
@Injectable()
export class BulkActions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lifecycle: DeviceLifecycle,
    private readonly removal: DeviceRemoval,
    private readonly retries: OrderRetry,
    private readonly revocations: Revocations,
  ) {}

  /** @throws DomainError `unavailable`, and whatever is a fault of ours */
  async perform(action: BulkAction, parameters: BulkParameters, deviceId: string): Promise<BulkResult> {
    try {
      return await this.attempt(action, parameters, deviceId);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
      const outcome = NOTHING_TO_DO.includes(error.code) ? 'unchanged' : 'failed';
      return { outcome, detail: error.detail };
    }
  }

  private async attempt(action: BulkAction, parameters: BulkParameters, deviceId: string): Promise<BulkResult> {
    switch (action) {
      case 'suspend':
        return (await this.lifecycle.suspend(deviceId)) ? DONE : UNCHANGED;
      case 'resume':
        return (await this.lifecycle.resume(deviceId)) ? DONE : UNCHANGED;
      case 'set-group':
        await this.lifecycle.change(deviceId, { group: parameters.group ?? null });
        return DONE;
      case 'delete':
        await this.removal.remove(deviceId, { revoke: parameters.revoke === true });
        return DONE;
      case 'revoke':
        await this.revocations.revokeNewest(deviceId, parameters.reason ?? 'unspecified');
        return DONE;
      case 'retry':
        return this.retry(deviceId);
    }
  }

  /** The device's newest order, where that waits or has failed. */
  private async retry(deviceId: string): Promise<BulkResult> {
    const [newest] = await this.dataSource.query<{ id: string; status: string }[]>(
      `SELECT id, status FROM issuance_orders WHERE device_id = $1 ORDER BY created_at DESC, id LIMIT 1`,
      [deviceId],
    );
    if (!newest) return { outcome: 'unchanged', detail: 'The device has no order.' };
    if (newest.status === 'issued') return { outcome: 'unchanged', detail: 'Its newest order is issued.' };
    await this.retries.retry(newest.id);
    return DONE;
  }
}
