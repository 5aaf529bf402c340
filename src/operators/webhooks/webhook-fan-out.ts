import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';

const BATCH = 1000;

/** Turns events into deliveries, each once: a cursor, moved in the same transaction, tells how far this has come. */
@Injectable()
export class WebhookFanOut {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** @returns how many deliveries were made; another server that does it right now makes the rest */
  async run(): Promise<number> {
    let made = 0;
    for (;;) {
      const round = await this.#round();
      if (round === undefined) return made;
      made += round;
    }
  }

  /** @returns undefined when there was nothing to do */
  #round(): Promise<number | undefined> {
    return this.dataSource.transaction(async (transaction) => {
      const [cursor] = await transaction.query<{ event_id: string }[]>(
        `SELECT event_id FROM event_cursors WHERE name = 'webhooks' FOR UPDATE SKIP LOCKED`,
      );
      if (!cursor) return undefined;
      const [reach] = await transaction.query<{ last: string | null }[]>(
        `SELECT max(id) AS last FROM (SELECT id FROM events WHERE id > $1 ORDER BY id LIMIT ${BATCH}) AS batch`,
        [cursor.event_id],
      );
      if (!reach || reach.last === null) return undefined;
      // Who is told of an alarm is told of its end, whatever type that has.
      const made = await transaction.query<unknown[]>(
        `INSERT INTO webhook_deliveries (webhook_id, event_id, state, next_attempt_at, created_at)
         SELECT w.id, e.id, 'pending', now(), $3
           FROM events e JOIN webhooks w ON e.id > w.after_event_id
            AND w.events && ARRAY['*', e.type, coalesce(e.data->>'alarm', e.type)]
          WHERE e.id > $1 AND e.id <= $2 ORDER BY e.id RETURNING id`,
        [cursor.event_id, reach.last, this.clock.now()],
      );
      await transaction.query(`UPDATE event_cursors SET event_id = $1, moved_at = now() WHERE name = 'webhooks'`, [
        reach.last,
      ]);
      return made.length;
    });
  }
}
