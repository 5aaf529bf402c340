import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Marks on devices that an operator has to look at. */
@Injectable()
export class DeviceFlags {
  private readonly logger = new Logger(DeviceFlags.name);

  constructor(private readonly dataSource: DataSource) {}

  /** Two devices showed the same key: an image was cloned after its first start. Neither is trusted more. */
  async flagClone(deviceIds: readonly string[], now: Date): Promise<void> {
    await this.dataSource.query(
      `UPDATE devices SET clone_suspected_at = coalesce(clone_suspected_at, $2) WHERE id = ANY ($1::uuid[])`,
      [deviceIds, now],
    );
    this.logger.warn({ deviceIds }, 'clone suspected: these devices use the same key');
  }
}
