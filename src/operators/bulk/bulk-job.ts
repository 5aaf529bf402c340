import type { BulkAction } from './bulk-action.js';

/** What became of a device: `unchanged` when there was nothing to do, `cancelled` when the job was ended before. */
export const BULK_OUTCOMES = ['done', 'unchanged', 'failed', 'cancelled'] as const;

export type BulkOutcome = (typeof BULK_OUTCOMES)[number];

/** A bulk action with how far it has come. */
export interface BulkJob {
  readonly id: string;
  readonly action: BulkAction;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly filter: Readonly<Record<string, unknown>>;
  /** `running` until every device has an outcome, or somebody has cancelled it. */
  readonly state: 'running' | 'done' | 'cancelled';
  /** Devices that the filter matched at the start. */
  readonly total: number;
  readonly done: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Devices that are still to come. */
  readonly pending: number;
  /** The API key's id, or `admin-token`. */
  readonly operatorId: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

export interface BulkItem {
  readonly deviceId: string;
  readonly name: string;
  /** null: still to come. */
  readonly outcome: BulkOutcome | null;
  /** Why it failed, or why there was nothing to do. */
  readonly detail: string | null;
}

/** SQL: a BulkJob with `createdKey`, of bulk_jobs `j`. */
export const BULK_JOB_COLUMNS = `
  j.id, j.action, j.parameters, j.filter, j.state, j.total, j.operator_id AS "operatorId", j.created_at AS "createdAt",
  j.ended_at AS "endedAt", c.done, c.unchanged, c.failed, c.cancelled, c.pending,
  to_char(j.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdKey"`;

export const BULK_JOB_COUNTS = `
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE outcome = 'done')::int AS done, count(*) FILTER (WHERE outcome = 'unchanged')::int AS unchanged,
           count(*) FILTER (WHERE outcome = 'failed')::int AS failed, count(*) FILTER (WHERE outcome = 'cancelled')::int AS cancelled,
           count(*) FILTER (WHERE outcome IS NULL)::int AS pending
      FROM bulk_job_items i WHERE i.job_id = j.id) c`;
