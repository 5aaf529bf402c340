import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { NeedsRole } from '../auth/operator.guard.js';
import { FleetSummaries, type FleetSummary } from '../fleet/fleet-summary.js';

@ApiTags('operators')
@NeedsRole('viewer')
@Controller('v1/fleet')
export class FleetController {
  constructor(private readonly summaries: FleetSummaries) {}

  @Get()
  @ApiOperation({ summary: 'The fleet at a glance' })
  show(): Promise<FleetSummary> {
    return this.summaries.read();
  }
}
