import { Injectable } from '@nestjs/common';

import { AddressWriter } from '../../devices/addresses/address-writer.js';
import type { DeviceNamesSeen } from '../../devices/device-changed.js';
import { DomainError } from '../../kernel/errors.js';
import type { JoinedTransaction, JoinedWriter } from '../../platform/database/joined-write.js';
import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';

/** What an UPDATE means for the device's row. */
export interface DeviceUpdate {
  readonly deviceId: string;
  /** The addresses that the last edit of the zone came to; undefined: it leaves them alone. */
  addresses(): readonly string[] | undefined;
  readonly now: Date;
  /** The device's names that the edit makes records for; needed where it brings addresses. */
  readonly names?: DeviceNamesSeen;
}

/** Lets updates pass for active devices only, and writes the addresses that they bring. */
@Injectable()
export class UpdateWriter implements JoinedWriter<DeviceUpdate> {
  readonly #addresses = new AddressWriter();

  async write(
    transaction: JoinedTransaction,
    updates: readonly DeviceUpdate[],
    pipeline: PipelinedTransaction,
  ): Promise<(DomainError | undefined)[]> {
    const active = await this.#lockActive(
      transaction,
      updates.map(({ deviceId }) => deviceId),
    );
    const changes = updates.flatMap((update) => {
      const { deviceId, now, names } = update;
      const addresses = active.has(deviceId) ? update.addresses() : undefined;
      return addresses ? [{ update, change: { deviceId, addresses, now, names } }] : [];
    });
    const refusals =
      changes.length > 0
        ? await this.#addresses.write(
            transaction,
            changes.map(({ change }) => change),
            pipeline,
          )
        : [];
    const refused = new Map(changes.map(({ update }, index) => [update, refusals[index]]));
    return updates.map((update) =>
      active.has(update.deviceId)
        ? refused.get(update)
        : new DomainError('device_suspended', 'The device was suspended or deleted; its records cannot change.'),
    );
  }

  /** Locked until the commit, so that no deletion comes between the look and the records. */
  async #lockActive(transaction: JoinedTransaction, deviceIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await transaction.query<{ id: string }[]>(
      `SELECT id FROM devices WHERE id = ANY ($1::uuid[]) AND state = 'active' ORDER BY id FOR NO KEY UPDATE`,
      [[...new Set(deviceIds)]],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
