import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { Problems } from '../../platform/http/problems.js';
import { AuditLog } from '../audit/audit-log.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { EventListing } from '../events/event-listing.js';
import { AUDIT_COLUMNS, EVENT_COLUMNS } from '../export/columns.js';
import { EXPORT_BATCH, Exports } from '../export/exports.js';
import { AuditExportQuery, auditFilter } from './audit.dto.js';
import { EventExportQuery, eventFilter } from './events.dto.js';

/** Whole logs. */
@ApiTags('operators')
@Controller('v1')
export class LogExportsController {
  constructor(
    private readonly exports: Exports,
    private readonly events: EventListing,
    private readonly audit: AuditLog,
  ) {}

  @Get('events/export')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'All events that the filters match, as CSV or NDJSON' })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @Problems('unavailable')
  async exportEvents(
    @Query() { format, ...query }: EventExportQuery,
    @Res({ passthrough: false }) response: Response,
  ): Promise<void> {
    const filter = eventFilter(query);
    await this.exports.send(response, {
      name: 'events',
      format,
      columns: EVENT_COLUMNS,
      page: (cursor) => this.events.list(filter, { cursor, limit: EXPORT_BATCH }),
    });
  }

  @Get('audit/export')
  @NeedsRole('admin')
  @ApiOperation({ summary: 'All entries of the audit log that the filters match, as CSV or NDJSON' })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @Problems('unavailable')
  async exportAudit(
    @Query() { format, ...query }: AuditExportQuery,
    @Res({ passthrough: false }) response: Response,
  ): Promise<void> {
    const filter = auditFilter(query);
    await this.exports.send(response, {
      name: 'audit',
      format,
      columns: AUDIT_COLUMNS,
      page: (cursor) => this.audit.list(filter, { cursor, limit: EXPORT_BATCH }),
    });
  }
}
