import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { recordEvents } from '../platform/events/record-events.js';
import { deviceEvent } from './device-event.js';

/** Marks on devices that an operator has to look at. */
@Injectable()
export class DeviceFlags {
  private readonly logger = new Logger(DeviceFlags.name);

  constructor(private readonly dataSource: DataSource) {}

  /** Two devices showed the same key: an image was cloned after its first start. Neither is trusted more. */
  async flagClone(deviceIds: readonly string[], now: Date): Promise<void> {
    await this.dataSource.transaction(async (transaction) => {
      const [flagged]: [{ deviceId: string; name: string }[], number] = await transaction.query(
        `UPDATE devices SET clone_suspected_at = $2 WHERE id = ANY ($1::uuid[]) AND clone_suspected_at IS NULL
          RETURNING id AS "deviceId", name`,
        [deviceIds, now],
      );
      await recordEvents(
        transaction,
        flagged.map((device) => deviceEvent('device.clone_suspected', device, now, { sharedBy: deviceIds })),
      );
    });
    this.logger.warn({ deviceIds }, 'clone suspected: these devices use the same key');
  }
}
