import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { decodeCursor, type Page, type PageQuery, toPage } from '../../platform/http/page.js';
import { DomainError } from '../../kernel/errors.js';
import { EVENT_COLUMNS, eventItem, type EventItem, type EventRow } from './event-item.js';
import type { EventFilter } from './event-filter.js';

/** What happened, read from the log. */
@Injectable()
export class EventListing {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. @throws DomainError `invalid_request` for a cursor that is not ours */
  async list(filter: EventFilter, { limit, cursor }: Pick<PageQuery, 'limit' | 'cursor'>): Promise<Page<EventItem>> {
    const before = cursor === undefined ? null : eventId(decodeCursor(cursor, 1)[0]!, 'cursor');
    const rows = await this.dataSource.query<EventRow[]>(
      `SELECT ${EVENT_COLUMNS} FROM events e
        WHERE e.id IS NOT NULL
          AND ($1::bigint IS NULL OR e.id < $1)
          AND ($2::text[] IS NULL OR e.type = ANY ($2))
          AND ($3::text[] IS NULL OR e.severity = ANY ($3))
          AND ($4::text IS NULL OR (e.subject_kind = 'device' AND e.subject_id = $4))
          AND ($5::timestamptz IS NULL OR e.created_at >= $5)
        ORDER BY e.id DESC LIMIT $6`,
      [before, filter.types ?? null, filter.severities ?? null, filter.device ?? null, filter.since ?? null, limit + 1],
    );
    return toPage(rows, limit, (row) => [row.id], eventItem);
  }

  /** Oldest first, what comes after an event. */
  async after(id: string, limit: number): Promise<EventItem[]> {
    const rows = await this.dataSource.query<EventRow[]>(
      `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.id > $1 ORDER BY e.id LIMIT $2`,
      [id, limit],
    );
    return rows.map(eventItem);
  }

  /** The id of the newest event; `0` when there is none. */
  async newestId(): Promise<string> {
    const [row] = await this.dataSource.query<{ id: string }[]>(`SELECT coalesce(max(id), 0) AS id FROM events`);
    return row?.id ?? '0';
  }
}

/** @throws DomainError `invalid_request` when it cannot be the id of an event */
export function eventId(text: string, field: string): string {
  if (/^\d{1,18}$/.test(text)) return text;
  throw new DomainError('invalid_request', `${field} is not the id of an event.`, {
    errors: [{ field, detail: 'is not the id of an event' }],
  });
}
