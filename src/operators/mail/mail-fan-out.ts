import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import type { EventType } from '../../platform/events/event-type.js';
import { mailDigest, type MailedEvent } from '../domain/mail-digest.js';

/** Mails follow each other at this distance at least; what happens meanwhile goes together. */
const DISTANCE_SECONDS = 60;
const BATCH = 10_000;
/** When mail was not configured or everything was down for long, old news are no news. */
const NEWS_HOURS = 24;

/** Not worth a mail by their severity, but by what they end. */
const ENDS: readonly EventType[] = ['alarm.resolved', 'device.returned', 'ca.returned'];

interface MailedRow {
  readonly id: string;
  readonly type: string;
  readonly severity: MailedEvent['severity'];
  readonly subject_id: string;
  readonly subject_name: string | null;
  readonly message: string;
  readonly alarm: string | null;
  readonly created_at: Date;
}

/** Turns alarms into mails, each once: a cursor, moved in the same transaction, tells how far this has come. */
@Injectable()
export class MailFanOut {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  run(): Promise<void> {
    return this.dataSource.transaction(async (transaction) => {
      const [cursor] = await transaction.query<{ event_id: string }[]>(
        `SELECT event_id FROM event_cursors
          WHERE name = 'mail' AND moved_at <= now() - ${DISTANCE_SECONDS} * interval '1 second' FOR UPDATE SKIP LOCKED`,
      );
      if (!cursor) return;
      const rows = await transaction.query<MailedRow[]>(
        `SELECT id, type, severity, subject_id, subject_name, message, data->>'alarm' AS alarm, created_at FROM events
          WHERE id > $1 AND (severity <> 'info' OR type = ANY ($2)) AND created_at > $3::timestamptz - ${NEWS_HOURS} * interval '1 hour'
          ORDER BY id LIMIT ${BATCH}`,
        [cursor.event_id, ENDS, this.clock.now()],
      );
      const last = rows.at(-1);
      if (!last) return;
      await this.#write(transaction, rows.map(mailedEvent));
      await transaction.query(`UPDATE event_cursors SET event_id = $1, moved_at = now() WHERE name = 'mail'`, [
        last.id,
      ]);
    });
  }

  async #write(transaction: EntityManager, events: readonly MailedEvent[]): Promise<void> {
    const mail = mailDigest(events, this.config.http.publicUrl);
    if (!mail) return;
    await transaction.query(
      `INSERT INTO mail_messages (id, subject, body, state, next_attempt_at, created_at) VALUES ($1, $2, $3, 'pending', now(), $4)`,
      [randomUUID(), mail.subject, mail.body, this.clock.now()],
    );
  }
}

function mailedEvent(row: MailedRow): MailedEvent {
  return {
    type: row.type,
    severity: row.severity,
    subjectId: row.subject_id,
    ...(row.subject_name !== null && { subjectName: row.subject_name }),
    message: row.message,
    createdAt: row.created_at,
    ...(row.alarm !== null && { alarm: row.alarm }),
  };
}
