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

/** How many devices had each outcome. */
export type BulkCounts = Pick<BulkJob, BulkOutcome | 'pending'>;

/** SQL: a BulkJobRow of bulk_jobs `j`. */
export const BULK_JOB_COLUMNS = `
  j.id, j.action, j.parameters, j.filter, j.state, j.total, j.operator_id AS "operatorId", j.created_at AS "createdAt",
  j.ended_at AS "endedAt", coalesce(j.counts, live.counts) AS counts,
  to_char(j.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdKey"`;

/** SQL: the BulkCounts of a job. */
export function bulkCountsSql(jobId: string): string {
  return `SELECT jsonb_build_object(
      'done', count(*) FILTER (WHERE outcome = 'done'), 'unchanged', count(*) FILTER (WHERE outcome = 'unchanged'),
      'failed', count(*) FILTER (WHERE outcome = 'failed'), 'cancelled', count(*) FILTER (WHERE outcome = 'cancelled'),
      'pending', count(*) FILTER (WHERE outcome IS NULL)) AS counts
    FROM bulk_job_items WHERE job_id = ${jobId}`;
}

/** SQL: counts of a job that is running; one that has ended has kept them. */
export const BULK_JOB_COUNTS = `LEFT JOIN LATERAL (${bulkCountsSql('j.id')}) live ON j.counts IS NULL`;

export interface BulkJobRow extends Omit<BulkJob, keyof BulkCounts> {
  readonly counts: BulkCounts;
  readonly createdKey: string;
}

export function bulkJob({ counts, ...row }: BulkJobRow): BulkJob {
  const { id, action, parameters, filter, state, total, operatorId, createdAt, endedAt } = row;
  return { id, action, parameters, filter, state, total, ...counts, operatorId, createdAt, endedAt };
}
