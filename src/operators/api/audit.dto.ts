import { ApiPropertyOptional, IntersectionType, OmitType } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

import { IsTime, timeOf } from '../../platform/http/iso-time.js';
import { PageQuery } from '../../platform/http/page.js';
import type { AuditFilter } from '../audit/audit-log.js';
import { ExportFormatQuery } from './export-format.dto.js';

/** Which entries of the audit log. */
export class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ description: "An API key's id, or admin-token" })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  operator?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Entries from this time on' })
  @IsOptional()
  @IsTime()
  since?: string;
}

/** Which entries an export holds. */
export class AuditExportQuery extends IntersectionType(
  OmitType(AuditQuery, ['limit', 'cursor'] as const),
  ExportFormatQuery,
) {}

/** The filter with times as times. */
export function auditFilter({ operator, since }: Omit<AuditQuery, 'limit' | 'cursor'>): AuditFilter {
  return { operator, since: timeOf(since) };
}
