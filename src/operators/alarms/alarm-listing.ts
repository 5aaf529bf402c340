import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import { EVENT_SEVERITY, type Severity } from '../../platform/events/event-type.js';
import { decodeCursor, type Page, type PageQuery, toPage } from '../../platform/http/page.js';
import type { AlarmKind, AlarmSubject } from '../domain/alarm.js';

/** Something that is wrong now, and that people were told of. */
export interface AlarmItem {
  readonly kind: AlarmKind;
  readonly severity: Severity;
  readonly subject: AlarmSubject;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly raisedAt: Date;
}

interface Row {
  readonly kind: AlarmKind;
  readonly subject_kind: AlarmSubject['kind'];
  readonly subject_id: string;
  readonly subject_name: string | null;
  readonly message: string;
  readonly data: Record<string, unknown>;
  readonly raised_at: Date;
}

/** The alarms that are raised at this moment. */
@Injectable()
export class AlarmListing {
  constructor(private readonly dataSource: DataSource) {}

  /** By kind and subject. @throws DomainError `invalid_request` for a cursor that is not one */
  async list({ limit, cursor }: Pick<PageQuery, 'limit' | 'cursor'>, kind?: AlarmKind): Promise<Page<AlarmItem>> {
    const [afterKind, afterId] = cursor === undefined ? [null, null] : decodeCursor(cursor, 2);
    if (afterKind?.includes('\0') || afterId?.includes('\0')) {
      throw new DomainError('invalid_request', 'The cursor is not one that this list gave out; start without it.');
    }
    const rows = await this.dataSource.query<Row[]>(
      `SELECT kind, subject_kind, subject_id, subject_name, message, data, raised_at FROM alarms
        WHERE raised_at IS NOT NULL AND ($1::text IS NULL OR kind = $1)
          AND ($2::text IS NULL OR (kind, subject_id) > ($2::text, $3::text))
        ORDER BY kind, subject_id LIMIT $4`,
      [kind ?? null, afterKind, afterId, limit + 1],
    );
    return toPage(rows, limit, (row) => [row.kind, row.subject_id], alarmItem);
  }
}

function alarmItem({ kind, subject_kind, subject_id, subject_name, message, data, raised_at }: Row): AlarmItem {
  return {
    kind,
    severity: EVENT_SEVERITY[kind],
    subject: { kind: subject_kind, id: subject_id, ...(subject_name !== null && { name: subject_name }) },
    message,
    data,
    raisedAt: raised_at,
  };
}
