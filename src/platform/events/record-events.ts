import { Logger } from '@nestjs/common';

import { EVENT_SEVERITY, type EventType } from './event-type.js';

/** What an event is about. `id` is stable; `name` is what people know it by. */
export interface EventSubject {
  readonly kind: 'device' | 'zone' | 'secondary' | 'limit' | 'ca' | 'operator' | 'webhook' | 'mail';
  readonly id: string;
  readonly name?: string;
}

export interface NewEvent {
  readonly type: EventType;
  readonly subject: EventSubject;
  /** A sentence for people. */
  readonly message: string;
  /** Facts for programs; never a secret, since it is shown to every viewer and sent to webhooks. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** What can run a statement: a DataSource, or the transaction that the event belongs to. */
export interface EventConnection {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** PostgreSQL's notifications of new events; their payload is empty. */
export const EVENTS_CHANNEL = 'fleetcert_events';

/** One round trip takes so many. */
const CHUNK = 1000;

/**
 * Appends events. Inside a transaction they are there when it commits, and gone when it does not. Their ids are given
 * at the commit, by a deferred trigger, so that ids become visible in their order and a reader that has seen one has
 * missed none before it.
 */
export async function recordEvents(connection: EventConnection, events: readonly NewEvent[]): Promise<void> {
  for (let start = 0; start < events.length; start += CHUNK) {
    const rows = events.slice(start, start + CHUNK).map(({ type, subject, message, data, at }) => ({
      type,
      severity: EVENT_SEVERITY[type],
      subject_kind: subject.kind,
      subject_id: subject.id,
      subject_name: subject.name ?? null,
      message,
      data: data ?? {},
      created_at: at.toISOString(),
    }));
    await connection.query(
      `INSERT INTO events (type, severity, subject_kind, subject_id, subject_name, message, data, created_at)
       SELECT type, severity, subject_kind, subject_id, subject_name, message, data, created_at
         FROM jsonb_to_recordset($1::jsonb) AS event (type text, severity text, subject_kind text, subject_id text,
              subject_name text, message text, data jsonb, created_at timestamptz)`,
      [JSON.stringify(rows)],
    );
  }
}

const logger = new Logger('Events');

/** Appends an event of something that has happened anyway: when it cannot be written, that is logged and no more. */
export async function noteEvent(connection: EventConnection, event: NewEvent): Promise<void> {
  try {
    await recordEvents(connection, [event]);
  } catch (error) {
    logger.warn({ err: error, type: event.type, subject: event.subject.id }, 'an event could not be recorded');
  }
}
