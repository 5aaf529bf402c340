import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { decodeCursor, decodeTimeCursor, type Page, toPage } from '../../platform/http/page.js';
import type { DeviceFilter } from '../devices/device-filter.js';
import { DeviceListing } from '../devices/device-listing.js';
import type { BulkAction, BulkParameters } from './bulk-action.js';
import {
  BULK_JOB_COLUMNS,
  BULK_JOB_COUNTS,
  bulkCountsSql,
  type BulkItem,
  type BulkJob,
  bulkJob,
  type BulkJobRow,
  type BulkOutcome,
} from './bulk-job.js';

/** So many devices stand in the answer of a dry run. */
const SAMPLE = 10;

export interface BulkRequest {
  readonly action: BulkAction;
  readonly parameters: BulkParameters;
  readonly filter: DeviceFilter;
  /** As the dry run has counted. */
  readonly expectedCount: number;
  readonly by: {
    readonly operatorId: string;
    readonly role: string;
    readonly clientAddress: string | null;
    readonly requestId: string | null;
  };
}

/** What a bulk action would do. */
export interface BulkPreview {
  readonly dryRun: true;
  readonly action: BulkAction;
  readonly count: number;
  /** The first few by name. */
  readonly sample: readonly { readonly deviceId: string; readonly name: string }[];
}

interface PageOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** Bulk actions as they stand in the database: which devices, and what became of each. The runner does the work. */
@Injectable()
export class BulkJobs {
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly devices: DeviceListing,
    private readonly clock: Clock,
  ) {}

  /** Calls back when there is a new job. */
  onJob(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async preview(action: BulkAction, filter: DeviceFilter): Promise<BulkPreview> {
    return { dryRun: true, action, ...(await this.devices.look(filter, SAMPLE)) };
  }

  /**
   * Writes down what is to be done: the devices that match now, and no others, whatever matches later.
   * @throws DomainError `conflict` when the filter does not match as many devices as the dry run counted
   */
  async start({ action, parameters, filter, expectedCount, by }: BulkRequest): Promise<BulkJob> {
    const id = randomUUID();
    const now = this.clock.now();
    await this.dataSource.transaction(async (transaction) => {
      await transaction.query(
        `INSERT INTO bulk_jobs (id, action, parameters, filter, state, total, operator_id, role, client_address, request_id, created_at)
         VALUES ($1, $2, $3, $4, 'running', 0, $5, $6, $7, $8, $9)`,
        [
          id,
          action,
          JSON.stringify(parameters),
          JSON.stringify(filter),
          by.operatorId,
          by.role,
          by.clientAddress,
          by.requestId,
          now,
        ],
      );
      const count = await this.devices.collect(transaction, filter, id);
      if (count !== expectedCount) {
        throw new DomainError(
          'conflict',
          `The filter matches ${count} devices now, and not ${expectedCount}: nothing was done. Look at the dry run again.`,
        );
      }
      await transaction.query(`UPDATE bulk_jobs SET total = $2 WHERE id = $1`, [id, count]);
    });
    for (const listener of this.#listeners) listener();
    return this.show(id);
  }

  /** Newest first. @throws DomainError `invalid_request` for a cursor that is not one */
  async list({ limit, cursor }: PageOptions): Promise<Page<BulkJob>> {
    const before = cursor === undefined ? undefined : decodeTimeCursor(cursor);
    const rows = await this.dataSource.query<BulkJobRow[]>(
      `SELECT ${BULK_JOB_COLUMNS} FROM (
         SELECT * FROM bulk_jobs WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid)
          ORDER BY created_at DESC, id DESC LIMIT $3) j ${BULK_JOB_COUNTS}
        ORDER BY j.created_at DESC, j.id DESC`,
      [before?.time ?? null, before?.id ?? null, limit + 1],
    );
    return toPage(rows, limit, ({ createdKey, id }) => [createdKey, id], bulkJob);
  }

  /** @throws DomainError `not_found` */
  async show(id: string): Promise<BulkJob> {
    const [row] = await this.dataSource.query<BulkJobRow[]>(
      `SELECT ${BULK_JOB_COLUMNS} FROM bulk_jobs j ${BULK_JOB_COUNTS} WHERE j.id = $1`,
      [id],
    );
    if (!row) throw unknownJob();
    return bulkJob(row);
  }

  /** By name of device. @throws DomainError `not_found`, `invalid_request` */
  async items(
    id: string,
    { limit, cursor, outcome }: PageOptions & { readonly outcome?: BulkOutcome },
  ): Promise<Page<BulkItem>> {
    await this.show(id);
    const after = cursor === undefined ? '0' : decodeCursor(cursor, 1)[0]!;
    if (!/^\d{1,9}$/.test(after)) {
      throw new DomainError('invalid_request', 'The cursor is not one that this list gave out; start without it.', {
        errors: [{ field: 'cursor', detail: 'is not known' }],
      });
    }
    const rows = await this.dataSource.query<(BulkItem & { readonly position: number })[]>(
      `SELECT position, device_id AS "deviceId", name, outcome, detail FROM bulk_job_items
        WHERE job_id = $1 AND position > $2 AND ($3::text IS NULL OR outcome = $3) ORDER BY position LIMIT $4`,
      [id, after, outcome ?? null, limit + 1],
    );
    return toPage(
      rows,
      limit,
      ({ position }) => [String(position)],
      ({ deviceId, name, outcome: became, detail }) => ({ deviceId, name, outcome: became, detail }),
    );
  }

  /** What has not been done yet is left. What is being done at this moment may still be. @throws DomainError `not_found`, `conflict` */
  async cancel(id: string): Promise<BulkJob> {
    await this.dataSource.transaction(async (transaction) => {
      const state = await lockedState(transaction, id);
      if (state === undefined) throw unknownJob();
      if (state !== 'running') throw new DomainError('conflict', 'This bulk action has ended already.');
      await transaction.query(`UPDATE bulk_job_items SET outcome = 'cancelled' WHERE job_id = $1 AND outcome IS NULL`, [
        id,
      ]);
      await transaction.query(
        `UPDATE bulk_jobs SET state = 'cancelled', ended_at = $2, lease_expires_at = NULL, counts = (${bulkCountsSql('$1')}) WHERE id = $1`,
        [id, this.clock.now()],
      );
    });
    return this.show(id);
  }
}

/** The state of a job, whose row is locked from now on. */
async function lockedState(transaction: EntityManager, id: string): Promise<string | undefined> {
  const rows = await transaction.query<{ state: string }[]>(`SELECT state FROM bulk_jobs WHERE id = $1 FOR UPDATE`, [
    id,
  ]);
  return rows[0]?.state;
}

function unknownJob(): DomainError {
  return new DomainError('not_found', 'There is no such bulk action; GET /v1/devices/bulk lists them.');
}
