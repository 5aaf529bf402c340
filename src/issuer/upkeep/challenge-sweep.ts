import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { OrderProgress } from '../pipeline/order-progress.js';
import { ChallengeRecords } from '../ports/challenge-records.js';

const AT_ONCE = 500;
/** Whoever ended the order withdraws its records itself; this is for those who were killed in between. */
const GRACE_SECONDS = 30;

/** Takes TXT records out of the zone that were left behind by orders that have ended. */
@Injectable()
export class ChallengeSweep {
  private readonly logger = new Logger(ChallengeSweep.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly challenges: ChallengeRecords,
    private readonly progress: OrderProgress,
    private readonly clock: Clock,
  ) {}

  /** @returns how many orders were cleaned up after */
  async sweep(graceSeconds = GRACE_SECONDS): Promise<number> {
    const now = this.clock.now();
    const orders: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM issuance_orders
        WHERE challenges_live AND NOT (status IN ('queued', 'issuing', 'deferred'))
          AND ended_at <= $1::timestamptz - $2 * interval '1 second' LIMIT ${AT_ONCE}`,
      [now, graceSeconds],
    );
    for (const { id } of orders) {
      await this.challenges.withdraw({ orderId: id });
      const event = { at: now.toISOString(), step: 'challenge-withdrawn', note: 'left behind, swept up' };
      await this.progress.challengesWithdrawn(id, { now, events: [event] });
    }
    if (orders.length > 0) this.logger.log({ orders: orders.length }, 'stale challenges withdrawn');
    return orders.length;
  }
}
