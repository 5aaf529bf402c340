import { setTimeout as sleep } from 'node:timers/promises';

import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

const FLUSH_MILLISECONDS = 15_000;
/** So many devices share a statement. */
const PART = 25;
/** The statements are spread over half of the interval, but no further apart than this: changes go in between. */
const MAX_PAUSE_MILLISECONDS = 100;

type Seen = readonly [deviceId: string, at: Date];

/** Keeps when devices were last seen: noted in memory at each call, written now and then for a few of them at once. */
@Injectable()
export class LastSeen implements BeforeApplicationShutdown {
  private readonly logger = new Logger(LastSeen.name);
  private seen = new Map<string, Date>();
  #underWay: ReadonlyMap<string, Date> = new Map();
  #flushing: Promise<void> | undefined;
  #isEnding = false;

  constructor(private readonly dataSource: DataSource) {}

  note(deviceId: string, now: Date): void {
    this.seen.set(deviceId, now);
  }

  /** What was noted and not written yet. */
  pending(deviceId: string): Date | undefined {
    return this.seen.get(deviceId) ?? this.#underWay.get(deviceId);
  }

  @Interval(FLUSH_MILLISECONDS)
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    this.#underWay = this.seen;
    this.seen = new Map();
    const due = [...this.#underWay];
    const pause = Math.min(FLUSH_MILLISECONDS / 2 / Math.ceil(due.length / PART), MAX_PAUSE_MILLISECONDS);
    try {
      while (due.length > 0) {
        const begin = performance.now();
        const part = due.slice(0, PART);
        for (const [id, at] of await this.#write(part)) this.#again(id, at);
        due.splice(0, part.length);
        const rest = pause - (performance.now() - begin);
        if (due.length > 0 && rest > 0 && !this.#isEnding) await sleep(rest);
      }
    } catch (error) {
      this.logger.warn({ err: error, devices: due.length }, 'last-seen times wait: the database did not take them');
      for (const [id, at] of due) this.#again(id, at);
    } finally {
      this.#underWay = new Map();
    }
  }

  /**
   * Locks a few rows for a moment, and waits for nobody's: a change of addresses that waited for one of them would hold
   * up all other changes of its zone.
   * @returns what was not written, since somebody else is changing the device
   */
  async #write(part: readonly Seen[]): Promise<readonly Seen[]> {
    const written: { id: string }[] = await this.dataSource.query(
      `WITH seen AS (
         SELECT devices.id, seen.at FROM devices JOIN unnest($1::uuid[], $2::timestamptz[]) AS seen (id, at) USING (id)
          ORDER BY id FOR NO KEY UPDATE OF devices SKIP LOCKED
       ), written AS (
         UPDATE devices SET last_seen_at = greatest(last_seen_at, seen.at) FROM seen WHERE devices.id = seen.id
         RETURNING devices.id
       )
       SELECT id FROM written`,
      [part.map(([id]) => id), part.map(([, at]) => at)],
    );
    const ids = new Set(written.map(({ id }) => id));
    return part.filter(([id]) => !ids.has(id));
  }

  /** Unless the device was seen again meanwhile. */
  #again(id: string, at: Date): void {
    if (!this.seen.has(id)) this.seen.set(id, at);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isEnding = true;
    // One may be under way, and what came meanwhile or was being changed is left by it.
    await this.flush();
    await this.flush();
  }
}
