import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

import { NeedsRole } from '../auth/operator.guard.js';
import { FleetForecasts, type FleetForecast } from '../fleet/fleet-forecast.js';
import { FleetSummaries, type FleetSummary } from '../fleet/fleet-summary.js';

class ForecastQuery {
  @ApiPropertyOptional({ description: 'So many devices more than there are', minimum: 0, default: 0 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(100_000_000)
  devices: number = 0;
}

@ApiTags('operators')
@NeedsRole('viewer')
@Controller('v1/fleet')
export class FleetController {
  constructor(
    private readonly summaries: FleetSummaries,
    private readonly forecasts: FleetForecasts,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The fleet at a glance' })
  show(): Promise<FleetSummary> {
    return this.summaries.read();
  }

  @Get('forecast')
  @ApiOperation({ summary: 'When a rollout of more devices would end, what binds, and what would help' })
  forecast(@Query() { devices }: ForecastQuery): Promise<FleetForecast> {
    return this.forecasts.of(devices);
  }
}
