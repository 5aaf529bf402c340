import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { HISTOGRAM_WEEKS, type WeekCount } from '../../domain/expiry-histogram.js';

const WEEK_SECONDS = 7 * 86_400;

/** When the fleet's certificates end. */
@Injectable()
export class CertificateExpiries {
  constructor(private readonly dataSource: DataSource) {}

  /** Certificates in force, by the week from `now` that they end in. */
  byWeek(now: Date): Promise<WeekCount[]> {
    return this.dataSource.query<WeekCount[]>(
      `SELECT week, count(*)::int AS certificates FROM (
         SELECT DISTINCT ON (c.device_id)
                least(greatest(floor(extract(epoch FROM c.not_after - $1) / ${WEEK_SECONDS}), -1), ${HISTOGRAM_WEEKS})::int AS week
           FROM certificates c JOIN devices d ON d.id = c.device_id AND d.state <> 'deleted'
          WHERE c.revoked_at IS NULL ORDER BY c.device_id, c.created_at DESC) AS in_force
       GROUP BY week`,
      [now],
    );
  }
}
