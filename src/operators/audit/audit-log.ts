import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import { decodeCursor, type Page, type PageQuery, toPage } from '../../platform/http/page.js';

export interface AuditEntry {
  readonly at: Date;
  /** The API key's id, or `admin-token`. */
  readonly operatorId: string;
  readonly role: string;
  /** `DELETE /v1/devices/:id` */
  readonly action: string;
  /** The ids and names that the action was about. */
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly clientAddress: string | null;
  readonly requestId: string | null;
  readonly status: number;
  /** `done`, or the code of the problem. */
  readonly outcome: string;
}

export interface ListedAuditEntry extends AuditEntry {
  readonly id: string;
}

export interface AuditFilter {
  readonly operator?: string;
  readonly since?: Date;
}

/** Who did what. The table takes rows and gives none back: not even we can change or delete one. */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger(AuditLog.name);

  constructor(private readonly dataSource: DataSource) {}

  /** Never rejects: what was done is done, and its caller is told so. A lost entry is an error in the server's log. */
  async append(entry: AuditEntry): Promise<void> {
    try {
      await this.dataSource.query(
        `INSERT INTO audit_log (at, operator_id, role, action, target, details, client_address, request_id, status, outcome)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          entry.at,
          entry.operatorId,
          entry.role,
          entry.action,
          entry.target,
          JSON.stringify(entry.details),
          entry.clientAddress,
          entry.requestId,
          entry.status,
          entry.outcome,
        ],
      );
    } catch (error) {
      this.logger.error({ err: error, entry }, 'an entry of the audit log could not be written');
    }
  }

  /** Newest first. @throws DomainError `invalid_request` for a cursor that is not ours */
  async list(
    { operator, since }: AuditFilter,
    { limit, cursor }: Pick<PageQuery, 'limit' | 'cursor'>,
  ): Promise<Page<ListedAuditEntry>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, 1)[0]!;
    if (before !== null && !/^\d{1,18}$/.test(before)) {
      throw new DomainError('invalid_request', 'The cursor is not one that this list gave out; start without it.');
    }
    const rows = await this.dataSource.query<ListedAuditEntry[]>(
      `SELECT id, at, operator_id AS "operatorId", role, action, target, details, client_address AS "clientAddress",
              request_id AS "requestId", status, outcome FROM audit_log
        WHERE ($1::bigint IS NULL OR id < $1) AND ($2::text IS NULL OR operator_id = $2) AND ($3::timestamptz IS NULL OR at >= $3)
        ORDER BY id DESC LIMIT $4`,
      [before, operator ?? null, since ?? null, limit + 1],
    );
    return toPage(
      rows,
      limit,
      (row) => [row.id],
      (row) => row,
    );
  }
}
