import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDate, IsOptional, IsString, MaxLength } from 'class-validator';

import { PageQuery, type Page } from '../../platform/http/page.js';
import { AuditLog, type ListedAuditEntry } from '../audit/audit-log.js';
import { NeedsRole } from '../auth/operator.guard.js';

class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ description: "An API key's id, or admin-token" })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  operator?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Entries from this time on' })
  @IsOptional()
  @Type(() => Date)
  @IsDate({ message: 'since must be an ISO 8601 time' })
  since?: Date;
}

@ApiTags('operators')
@NeedsRole('admin')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, newest first' })
  list(@Query() query: AuditQuery): Promise<Page<ListedAuditEntry>> {
    return this.log.list(query, query);
  }
}
