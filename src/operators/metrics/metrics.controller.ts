import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { Metrics } from '../../platform/metrics/metrics.js';
import { ScrapeGuard } from './scrape.guard.js';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @UseGuards(ScrapeGuard)
  @ApiSecurity('operatorToken', ['viewer'])
  @ApiSecurity({})
  @ApiOkResponse({
    description: 'Prometheus text format',
    content: {
      'text/plain': { schema: { type: 'string' }, example: 'fleetcert_dns_zone_serial{zone="d.example.com"} 4711\n' },
    },
  })
  @ApiOperation({ summary: 'Measures as Prometheus text; from this machine, or with an operator credential' })
  async show(@Res() response: Response): Promise<void> {
    const text = await this.metrics.text();
    response.setHeader('Cache-Control', 'no-store');
    // Not by `type`: Express would put a charset of its own there.
    response.setHeader('Content-Type', this.metrics.contentType);
    response.end(text);
  }
}
