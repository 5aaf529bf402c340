import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { ChallengeRecords } from '../../ddns/publishing/challenge-records.js';
import { Clock } from '../../kernel/clock.js';
import { IS_OPEN } from '../orders/order-row.js';

/** Whoever ends an order withdraws its records right after; this is for those who were killed in between. */
const GRACE_SECONDS = 30;

/** Takes TXT records out of the zones that were left behind by orders that have ended. */
@Injectable()
export class ChallengeSweep {
  private readonly logger = new Logger(ChallengeSweep.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly challenges: ChallengeRecords,
    private readonly clock: Clock,
  ) {}

  /** @returns how many orders were cleaned up after */
  async sweep(): Promise<number> {
    const stale = await this.challenges.withdrawStale((orderIds) => this.stillNeeded(orderIds));
    if (stale.length > 0) this.logger.log({ orders: stale }, 'stale challenges withdrawn');
    return stale.length;
  }

  private async stillNeeded(orderIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT o.id FROM issuance_orders o
        WHERE o.id::text = ANY ($1::text[])
          AND (${IS_OPEN} OR o.ended_at > $2::timestamptz - ${GRACE_SECONDS} * interval '1 second')`,
      [orderIds, this.clock.now()],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
