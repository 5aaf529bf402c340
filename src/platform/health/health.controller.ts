import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { Problems } from '../http/problems.js';
import { Readiness } from './readiness.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ summary: 'The process runs' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Database, zone and DNS listeners are there' })
  @ApiOkResponse({
    description: 'Ready',
    schema: {
      type: 'object',
      required: ['status', 'checks'],
      properties: {
        status: { type: 'string', enum: ['ok'] },
        checks: { type: 'object', description: 'Each part, and `ok`', additionalProperties: { type: 'string' } },
      },
    },
  })
  @Problems('unavailable')
  async ready(@Res() response: Response): Promise<void> {
    const { ready, checks } = await this.readiness.report();
    if (ready) {
      response.json({ status: 'ok', checks });
      return;
    }
    const missing = Object.entries(checks).filter(([, state]) => state !== 'ok');
    const problem = {
      type: 'urn:fleetcert:problem:unavailable',
      title: 'The server is not ready',
      status: 503,
      detail: missing.map(([name, state]) => `${name}: ${state}`).join('; '),
      checks,
    };
    response.status(503).setHeader('Retry-After', '5').type('application/problem+json').send(JSON.stringify(problem));
  }
}
