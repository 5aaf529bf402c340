import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { EVENT_SEVERITY, type Severity, SEVERITIES } from '../../../../platform/events/event-type.js';
import type { AlarmKind } from '../../../domain/alarm.js';

/** How many alarms of one kind are raised at this moment. */
export interface AlarmCount {
  readonly kind: AlarmKind;
  readonly severity: Severity;
  readonly alarms: number;
}

/** What is wrong at this moment, counted. */
@Injectable()
export class OpenAlarms {
  constructor(private readonly dataSource: DataSource) {}

  /** The worst first; nothing for kinds of which there is none. */
  async counts(): Promise<AlarmCount[]> {
    const rows = await this.dataSource.query<Omit<AlarmCount, 'severity'>[]>(
      `SELECT kind, count(*)::int AS alarms FROM alarms WHERE raised_at IS NOT NULL GROUP BY kind ORDER BY kind`,
    );
    return rows
      .map((row) => ({ ...row, severity: EVENT_SEVERITY[row.kind] }))
      .toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  }
}
