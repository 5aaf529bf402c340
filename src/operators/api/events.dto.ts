import { ApiPropertyOptional, IntersectionType, OmitType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsUUID } from 'class-validator';

import { EVENT_TYPES, type EventType, SEVERITIES, type Severity } from '../../platform/events/event-type.js';
import { IsTime, timeOf } from '../../platform/http/iso-time.js';
import { PageQuery } from '../../platform/http/page.js';
import type { EventFilter } from '../events/event-filter.js';
import { ExportFormatQuery } from './export-format.dto.js';
import { queryList } from './query-list.js';

/** Which events; the same for the list and the stream. */
export class EventQuery extends PageQuery {
  @ApiPropertyOptional({ enum: EVENT_TYPES, isArray: true, description: 'One or several, separated by commas' })
  @IsOptional()
  @Transform(queryList)
  @IsIn(EVENT_TYPES, { each: true })
  type?: EventType[];

  @ApiPropertyOptional({ enum: SEVERITIES, isArray: true, description: 'One or several, separated by commas' })
  @IsOptional()
  @Transform(queryList)
  @IsIn(SEVERITIES, { each: true })
  severity?: Severity[];

  @ApiPropertyOptional({ description: "A device's id" })
  @IsOptional()
  @IsUUID()
  device?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Events from this time on' })
  @IsOptional()
  @IsTime()
  since?: string;
}

/** Which events an export holds. */
export class EventExportQuery extends IntersectionType(
  OmitType(EventQuery, ['limit', 'cursor'] as const),
  ExportFormatQuery,
) {}

/** The filter with times as times. */
export function eventFilter({ type, severity, device, since }: Omit<EventQuery, 'limit' | 'cursor'>): EventFilter {
  return { types: type, severities: severity, device, since: timeOf(since) };
}
