import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsDate, IsIn, IsOptional, IsUUID } from 'class-validator';

import { EVENT_TYPES, type EventType, SEVERITIES, type Severity } from '../../platform/events/event-type.js';
import { PageQuery } from '../../platform/http/page.js';

/** `a,b`, or the parameter repeated. */
function list({ value }: { value: unknown }): unknown {
  const parts = (Array.isArray(value) ? value : [value]) as unknown[];
  return parts.flatMap((part) => (typeof part === 'string' ? part.split(',') : [part]));
}

/** Which events; the same for the list and the stream. */
export class EventQuery extends PageQuery {
  @ApiPropertyOptional({ enum: EVENT_TYPES, isArray: true, description: 'One or several, separated by commas' })
  @IsOptional()
  @Transform(list)
  @IsIn(EVENT_TYPES, { each: true })
  type?: EventType[];

  @ApiPropertyOptional({ enum: SEVERITIES, isArray: true, description: 'One or several, separated by commas' })
  @IsOptional()
  @Transform(list)
  @IsIn(SEVERITIES, { each: true })
  severity?: Severity[];

  @ApiPropertyOptional({ description: "A device's id" })
  @IsOptional()
  @IsUUID()
  device?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Events from this time on' })
  @IsOptional()
  @Type(() => Date)
  @IsDate({ message: 'since must be an ISO 8601 time' })
  since?: Date;
}
