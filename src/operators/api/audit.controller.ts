import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import type { Page } from '../../platform/http/page.js';
import { AuditLog, type ListedAuditEntry } from '../audit/audit-log.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { auditFilter, AuditQuery } from './audit.dto.js';

@ApiTags('operators')
@NeedsRole('admin')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, newest first' })
  list(@Query() query: AuditQuery): Promise<Page<ListedAuditEntry>> {
    return this.log.list(auditFilter(query), query);
  }
}
