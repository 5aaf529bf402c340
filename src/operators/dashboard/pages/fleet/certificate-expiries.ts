import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../../../kernel/clock.js';
import { EXPIRY } from '../../../devices/health-sql.js';
import { KeptAnswer } from '../../../fleet/kept-answer.js';
import { HISTOGRAM_WEEKS, type WeekCount } from '../../domain/expiry-histogram.js';

const WEEK_SECONDS = 7 * 86_400;

/** When the fleet's certificates end. */
@Injectable()
export class CertificateExpiries {
  readonly #kept = new KeptAnswer(() => this.count(this.clock.now()));

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Certificates in force, by the week from now that they end in. For a large fleet as of up to five seconds ago. */
  byWeek(): Promise<WeekCount[]> {
    return this.#kept.get();
  }

  private count(now: Date): Promise<WeekCount[]> {
    return this.dataSource.query<WeekCount[]>(
      `SELECT least(greatest(floor(extract(epoch FROM f.not_after - $1) / ${WEEK_SECONDS}), -1), ${HISTOGRAM_WEEKS})::int AS week,
              count(*)::int AS certificates
         FROM device_facts f WHERE ${EXPIRY} < 'infinity' GROUP BY 1`,
      [now],
    );
  }
}
