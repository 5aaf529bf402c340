import type { EventSubject } from '../../platform/events/record-events.js';
import type { EventType, Severity } from '../../platform/events/event-type.js';

/** An event as operators see it. */
export interface EventItem {
  /** Rises with each event. */
  readonly id: string;
  readonly type: EventType;
  readonly severity: Severity;
  readonly subject: EventSubject;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
}

/** A row of events, as PostgreSQL gives it. */
export interface EventRow {
  readonly id: string;
  readonly type: EventType;
  readonly severity: Severity;
  readonly subject_kind: EventSubject['kind'];
  readonly subject_id: string;
  readonly subject_name: string | null;
  readonly message: string;
  readonly data: Record<string, unknown>;
  readonly created_at: Date;
}

/** The columns of an EventRow, of the table that is called `e` in the statement. */
export const EVENT_COLUMNS =
  'e.id, e.type, e.severity, e.subject_kind, e.subject_id, e.subject_name, e.message, e.data, e.created_at';

export function eventItem(row: EventRow): EventItem {
  return {
    id: row.id,
    type: row.type,
    severity: row.severity,
    subject: {
      kind: row.subject_kind,
      id: row.subject_id,
      ...(row.subject_name !== null && { name: row.subject_name }),
    },
    message: row.message,
    data: row.data,
    createdAt: row.created_at,
  };
}
