import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

const FLUSH_MILLISECONDS = 15_000;

/** Keeps when devices were last seen: noted in memory at each call, written for all of them together now and then. */
@Injectable()
export class LastSeen implements BeforeApplicationShutdown {
  private readonly logger = new Logger(LastSeen.name);
  private seen = new Map<string, Date>();

  constructor(private readonly dataSource: DataSource) {}

  note(deviceId: string, now: Date): void {
    this.seen.set(deviceId, now);
  }

  /** What was noted and not written yet. */
  pending(deviceId: string): Date | undefined {
    return this.seen.get(deviceId);
  }

  @Interval(FLUSH_MILLISECONDS)
  async flush(): Promise<void> {
    if (this.seen.size === 0) return;
    const batch = this.seen;
    this.seen = new Map();
    try {
      await this.dataSource.query(
        `UPDATE devices SET last_seen_at = greatest(last_seen_at, seen.at)
           FROM unnest($1::uuid[], $2::timestamptz[]) AS seen (id, at) WHERE devices.id = seen.id`,
        [[...batch.keys()], [...batch.values()]],
      );
    } catch (error) {
      this.logger.warn({ err: error, devices: batch.size }, 'last-seen times wait: the database did not take them');
      for (const [id, at] of batch) if (!this.seen.has(id)) this.seen.set(id, at);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }
}
