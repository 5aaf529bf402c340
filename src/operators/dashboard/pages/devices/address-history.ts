import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Addresses that a device had for some time. */
export interface FormerAddresses {
  readonly addresses: readonly string[];
  readonly since: Date;
  readonly until: Date;
}

/** What a device's addresses were before. */
@Injectable()
export class AddressHistory {
  constructor(private readonly dataSource: DataSource) {}

  /** The last 50, newest first; the present ones are not among them. */
  of(deviceId: string): Promise<FormerAddresses[]> {
    return this.dataSource.query<FormerAddresses[]>(
      `SELECT h.addresses, h.since, h.until FROM device_address_history h JOIN devices d ON d.id = h.device_id
        WHERE h.device_id = $1 ORDER BY (h.slot - d.address_changes % 50 + 50) % 50 DESC`,
      [deviceId],
    );
  }
}
