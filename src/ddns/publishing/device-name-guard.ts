import { DomainError } from '../../kernel/errors.js';
import type { JoinedTransaction, JoinedWriter } from '../../platform/database/joined-write.js';

/**
 * Keeps fixed records away from devices' names, also from those of devices that have no records now or were deleted: a
 * name is never given to anybody else. An alias is free again when its device was deleted. The API's own name (kind
 * `server`) has its records from operators. An item is a record's name with all names above it.
 */
export class DeviceNameGuard implements JoinedWriter<readonly string[]> {
  async write(
    transaction: JoinedTransaction,
    items: readonly (readonly string[])[],
  ): Promise<readonly (DomainError | undefined)[]> {
    const rows: { name: string }[] = await transaction.query(
      `SELECT name FROM devices WHERE name = ANY ($1) AND kind = 'device'
        UNION ALL SELECT a.name FROM device_aliases a JOIN devices d ON d.id = a.device_id
                   WHERE a.name = ANY ($1) AND d.state <> 'deleted'`,
      [items.flat()],
    );
    const taken = new Set(rows.map(({ name }) => name));
    return items.map((names) => {
      const device = names.find((name) => taken.has(name));
      if (device === undefined) return undefined;
      return new DomainError('record_rejected', `${device} is a device's name: only the device has records there.`);
    });
  }
}
