import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

import { PageQuery, type Page } from '../../platform/http/page.js';
import { type AlarmItem, AlarmListing } from '../alarms/alarm-listing.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { ALARM_KINDS, type AlarmKind } from '../domain/alarm.js';

class AlarmQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ALARM_KINDS })
  @IsOptional()
  @IsIn(ALARM_KINDS)
  kind?: AlarmKind;
}

@ApiTags('operators')
@NeedsRole('viewer')
@Controller('v1/alarms')
export class AlarmsController {
  constructor(private readonly alarms: AlarmListing) {}

  @Get()
  @ApiOperation({ summary: 'What is wrong now: alarms that are raised and not resolved' })
  list(@Query() { kind, ...page }: AlarmQuery): Promise<Page<AlarmItem>> {
    return this.alarms.list(page, kind);
  }
}
