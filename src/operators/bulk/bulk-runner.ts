import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { isDatabaseUnavailable } from '../../platform/database/database-unavailable.js';
import { DomainError } from '../../kernel/errors.js';
import { AuditLog } from '../audit/audit-log.js';
import { Repeater } from '../events/repeater.js';
import type { BulkAction, BulkParameters } from './bulk-action.js';
import { BulkActions, type BulkResult } from './bulk-actions.js';
import { type BulkCounts, bulkCountsSql } from './bulk-job.js';
import { BulkJobs } from './bulk-jobs.js';

/** Done together: zone changes of one batch share a transaction, and no batch keeps the server from other work for long. */
const BATCH = 50;
/** A server that dies with a batch in hand leaves it to the others after so long. */
const LEASE_SECONDS = 120;

const FAULT = 'The server failed; its log holds the cause.';

interface ClaimedJob {
  readonly id: string;
  readonly action: BulkAction;
  readonly parameters: BulkParameters;
  readonly operator_id: string;
  readonly role: string;
  readonly client_address: string | null;
  readonly request_id: string | null;
}

interface OpenItem {
  readonly position: number;
  readonly device_id: string;
}

/**
 * Works bulk actions off, batch after batch, whichever server it is. What became of each device is written down after
 * each batch; a batch that was cut off is done again, which changes nothing where it was done.
 */
@Injectable()
export class BulkRunner implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(BulkRunner.name);
  readonly #repeater = new Repeater('bulk actions', () => this.run());
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: BulkJobs,
    private readonly actions: BulkActions,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.#unsubscribe = this.jobs.onJob(() => this.#repeater.wake());
    this.#repeater.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.#unsubscribe();
    await this.#repeater.stop();
  }

  /** Does one batch. @returns whether there may be more to do */
  async run(): Promise<boolean> {
    const job = await this.claim();
    if (!job) return false;
    const items = await this.dataSource.query<OpenItem[]>(
      `SELECT position, device_id FROM bulk_job_items WHERE job_id = $1 AND outcome IS NULL ORDER BY position LIMIT ${BATCH}`,
      [job.id],
    );
    const results = await Promise.all(items.map((item) => this.perform(job, item)));
    // When nothing came of the whole batch, the database is away: a pause does it good.
    return (await this.conclude(job, items, results)) > 0 || items.length === 0;
  }

  private async claim(): Promise<ClaimedJob | undefined> {
    const [rows] = await this.dataSource.query<[ClaimedJob[], number]>(
      `UPDATE bulk_jobs SET lease_expires_at = now() + ${LEASE_SECONDS} * interval '1 second'
        WHERE id = (SELECT id FROM bulk_jobs
                     WHERE state = 'running' AND (lease_expires_at IS NULL OR lease_expires_at <= now())
                     ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, action, parameters, operator_id, role, client_address, request_id`,
    );
    return rows[0];
  }

  /** @returns undefined when the database is away: the device stays to be done */
  private async perform(job: ClaimedJob, { device_id: deviceId }: OpenItem): Promise<BulkResult | undefined> {
    try {
      return await this.actions.perform(job.action, job.parameters, deviceId);
    } catch (error) {
      if (error instanceof DomainError || isDatabaseUnavailable(error)) return undefined;
      this.logger.error({ err: error, bulkId: job.id, deviceId }, `a bulk ${job.action} failed for a device`);
      return { outcome: 'failed', detail: FAULT };
    }
  }

  /**
   * What was found out, and the end of the job when nothing is left; together. A job that was cancelled meanwhile stays so.
   * @returns how many devices have an outcome by now
   */
  private async conclude(
    job: ClaimedJob,
    items: readonly OpenItem[],
    results: readonly (BulkResult | undefined)[],
  ): Promise<number> {
    const known = items.flatMap(({ position }, index) => {
      const result = results[index];
      return result ? [{ position, outcome: result.outcome, detail: result.detail ?? null }] : [];
    });
    const now = this.clock.now();
    const counts = await this.dataSource.transaction(async (transaction) => {
      await transaction.query(`SELECT 1 FROM bulk_jobs WHERE id = $1 FOR UPDATE`, [job.id]);
      await transaction.query(
        `UPDATE bulk_job_items i SET outcome = r.outcome, detail = r.detail
           FROM jsonb_to_recordset($2::jsonb) AS r (position integer, outcome text, detail text)
          WHERE i.job_id = $1 AND i.position = r.position AND (i.outcome IS NULL OR i.outcome = 'cancelled')`,
        [job.id, JSON.stringify(known)],
      );
      const [ended] = await transaction.query<[{ counts: BulkCounts }[], number]>(
        `UPDATE bulk_jobs j SET state = 'done', ended_at = $2, counts = (${bulkCountsSql('$1')})
          WHERE id = $1 AND state = 'running'
            AND NOT EXISTS (SELECT 1 FROM bulk_job_items i WHERE i.job_id = j.id AND i.outcome IS NULL) RETURNING counts`,
        [job.id, now],
      );
      // One that was cancelled while this batch was under way: what was done is told as done.
      await transaction.query(
        `UPDATE bulk_jobs SET lease_expires_at = NULL,
                counts = CASE WHEN state = 'cancelled' THEN (${bulkCountsSql('$1')}) ELSE counts END WHERE id = $1`,
        [job.id],
      );
      return ended[0]?.counts;
    });
    if (counts) await this.ended(job, counts, now);
    return known.length;
  }

  private async ended(job: ClaimedJob, { done, unchanged, failed }: BulkCounts, now: Date): Promise<void> {
    this.logger.log({ bulkId: job.id, done, unchanged, failed }, `bulk ${job.action} has ended`);
    await this.audit.append({
      at: now,
      operatorId: job.operator_id,
      role: job.role,
      action: `bulk ${job.action} ended`,
      target: job.id,
      details: { done, unchanged, failed },
      clientAddress: job.client_address,
      requestId: job.request_id,
      status: 200,
      outcome: failed > 0 ? 'partly_failed' : 'done',
    });
  }
}
