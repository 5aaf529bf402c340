import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

import { addSeconds, Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { claimJob } from './periodic-job.js';

const EVERY_SECONDS = 3600;
const LOOK_MILLISECONDS = 60_000;
const DAY_SECONDS = 86_400;
/** Deleted by one statement, so that none of them takes long. */
const BATCH = 5_000;
/** Deliveries that have ended are kept for looking at for so long. */
const DELIVERIES_DAYS = 14;

/** Keeps the log of events, and of what was sent of them, from growing for ever. The audit log is kept whole. */
@Injectable()
export class EventRetention {
  private readonly logger = new Logger(EventRetention.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Interval(LOOK_MILLISECONDS)
  async tick(): Promise<void> {
    try {
      if (await claimJob(this.dataSource, 'event-retention', EVERY_SECONDS)) await this.run();
    } catch (error) {
      this.logger.warn({ err: error }, 'old events will be deleted later');
    }
  }

  /** @returns how many events were deleted */
  async run(): Promise<number> {
    const now = this.clock.now();
    const eventsBefore = addSeconds(now, -this.config.events.keepDays * DAY_SECONDS);
    const endedBefore = addSeconds(now, -DELIVERIES_DAYS * DAY_SECONDS);
    const deleted = await this.#deleteAll(
      `DELETE FROM events WHERE key IN (SELECT key FROM events WHERE created_at < $1 LIMIT ${BATCH})`,
      eventsBefore,
    );
    await this.#deleteAll(
      `DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE ended_at < $1 LIMIT ${BATCH})`,
      endedBefore,
    );
    await this.#deleteAll(
      `DELETE FROM mail_messages WHERE id IN (SELECT id FROM mail_messages WHERE ended_at < $1 LIMIT ${BATCH})`,
      endedBefore,
    );
    if (deleted > 0) this.logger.log({ events: deleted, before: eventsBefore }, 'old events were deleted');
    return deleted;
  }

  async #deleteAll(statement: string, before: Date): Promise<number> {
    let deleted = 0;
    for (;;) {
      const [, count] = await this.dataSource.query<[unknown[], number]>(statement, [before]);
      deleted += count;
      if (count < BATCH) return deleted;
    }
  }
}
