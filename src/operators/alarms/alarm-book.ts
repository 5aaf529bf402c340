import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { EventType } from '../../platform/events/event-type.js';
import { type NewEvent, recordEvents } from '../../platform/events/record-events.js';
import type { AlarmKind, AlarmSubject, Observation, OpenAlarm } from '../domain/alarm.js';
import { type AlarmChanges, alarmChanges } from '../domain/alarm-changes.js';

/** Observed by any server, for all of them. */
export const FLEET_SCOPE = 'fleet';
/** So is this, by a look of its own, which comes less often. */
export const DELEGATION_SCOPE = 'delegation';
/** Of a scope that is one server's own. */
const SERVER_PREFIX = 'server ';

export function serverScope(id: string): string {
  return SERVER_PREFIX + id;
}

/** A server that has not looked for so long is gone, and what it saw goes with it. */
const ABANDONED_MINUTES = 5;

/** The event that tells of the end. */
const RESOLVED_TYPE: Readonly<Partial<Record<AlarmKind, EventType>>> = {
  'ca.unreachable': 'ca.returned',
  'device.silent': 'device.returned',
};

/** What was told already, where it happened: an order that failed is an event of its own. */
const TOLD_ELSEWHERE: readonly AlarmKind[] = ['order.failed'];

interface AlarmRow {
  readonly kind: AlarmKind;
  readonly subject_id: string;
  readonly subject_kind: AlarmSubject['kind'];
  readonly subject_name: string | null;
  readonly message: string;
  readonly data: Record<string, unknown>;
  readonly observed_at: Date;
  readonly raised_at: Date | null;
}

/** The alarms that are open. What changes is written together with the events that tell of it. */
@Injectable()
export class AlarmBook {
  constructor(private readonly dataSource: DataSource) {}

  /** Takes over everything that was observed in a scope. Looks of several servers come one after the other. */
  update(scope: string, observations: readonly Observation[], now: Date): Promise<AlarmChanges> {
    return this.dataSource.transaction(async (transaction) => {
      await transaction.query(`SELECT pg_advisory_xact_lock(1760000000, 9)`);
      const known = await this.#known(transaction, scope, now);
      const changes = alarmChanges(observations, known, now);
      await this.#store(transaction, scope, changes, now);
      await recordEvents(transaction, [
        ...changes.raised.filter(({ kind }) => !TOLD_ELSEWHERE.includes(kind)).map((alarm) => raisedEvent(alarm, now)),
        ...changes.resolved.map((alarm) => resolvedEvent(alarm, now)),
      ]);
      return changes;
    });
  }

  /** What is observed in a scope about these subjects, as it was last seen. */
  async open(scope: string, subjectIds: readonly string[]): Promise<Observation[]> {
    if (subjectIds.length === 0) return [];
    const rows = await this.dataSource.query<AlarmRow[]>(
      `SELECT kind, subject_id, subject_kind, subject_name, message, data, observed_at, raised_at FROM alarms
        WHERE scope = $1 AND subject_id = ANY ($2::text[])`,
      [scope, subjectIds],
    );
    return rows.map(alarmOf);
  }

  async #known(transaction: EntityManager, scope: string, now: Date): Promise<OpenAlarm[]> {
    const rows = await transaction.query<AlarmRow[]>(
      `SELECT kind, subject_id, subject_kind, subject_name, message, data, observed_at, raised_at FROM alarms
        WHERE scope = $1 OR ($1 = '${FLEET_SCOPE}' AND starts_with(scope, '${SERVER_PREFIX}') AND seen_at < $2::timestamptz - ${ABANDONED_MINUTES} * interval '1 minute')`,
      [scope, now],
    );
    return rows.map(alarmOf);
  }

  async #store(transaction: EntityManager, scope: string, changes: AlarmChanges, now: Date): Promise<void> {
    const over = [...changes.resolved, ...changes.forgotten];
    if (over.length > 0) {
      await transaction.query(
        `DELETE FROM alarms USING unnest($1::text[], $2::text[]) AS over (kind, subject_id)
          WHERE alarms.kind = over.kind AND alarms.subject_id = over.subject_id`,
        [over.map(({ kind }) => kind), over.map(({ subject }) => subject.id)],
      );
    }
    if (changes.open.length === 0) return;
    const rows = changes.open.map(({ kind, subject, message, data, observedAt, raisedAt }) => ({
      kind,
      subject_id: subject.id,
      subject_kind: subject.kind,
      subject_name: subject.name ?? null,
      message,
      data,
      observed_at: observedAt,
      raised_at: raisedAt ?? null,
    }));
    await transaction.query(
      `INSERT INTO alarms (kind, subject_id, subject_kind, subject_name, scope, message, data, observed_at, seen_at, raised_at)
       SELECT kind, subject_id, subject_kind, subject_name, $2, message, data, observed_at, $3, raised_at
         FROM jsonb_to_recordset($1::jsonb) AS alarm (kind text, subject_id text, subject_kind text, subject_name text,
              message text, data jsonb, observed_at timestamptz, raised_at timestamptz)
       ON CONFLICT (kind, subject_id) DO UPDATE SET scope = excluded.scope, message = excluded.message,
              data = excluded.data, seen_at = excluded.seen_at, raised_at = excluded.raised_at
         -- What goes on unchanged in a fleet of thousands is not written again; a server's own alarms have to show its life.
         WHERE excluded.scope <> '${FLEET_SCOPE}' OR alarms.raised_at IS DISTINCT FROM excluded.raised_at
            OR alarms.message <> excluded.message OR alarms.data <> excluded.data OR alarms.scope <> excluded.scope`,
      [JSON.stringify(rows), scope, now],
    );
  }
}

function alarmOf(row: AlarmRow): OpenAlarm {
  const { kind, message, data } = row;
  const subject = {
    kind: row.subject_kind,
    id: row.subject_id,
    ...(row.subject_name !== null && { name: row.subject_name }),
  };
  return {
    kind,
    subject,
    message,
    data,
    observedAt: row.observed_at,
    ...(row.raised_at && { raisedAt: row.raised_at }),
  };
}

function raisedEvent({ kind, subject, message, data }: OpenAlarm, at: Date): NewEvent {
  return { type: kind satisfies EventType, subject, message, data, at };
}

function resolvedEvent({ kind, subject, message, raisedAt }: OpenAlarm, at: Date): NewEvent {
  return {
    type: RESOLVED_TYPE[kind] ?? 'alarm.resolved',
    subject,
    message: `Resolved: ${message}`,
    data: { alarm: kind, raisedAt: raisedAt?.toISOString() },
    at,
  };
}
