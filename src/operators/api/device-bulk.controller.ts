import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { Response } from 'express';

import { DomainError } from '../../kernel/errors.js';
import { PageQuery, type Page } from '../../platform/http/page.js';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole, type OperatorRequest } from '../auth/operator.guard.js';
import { BULK_OUTCOMES, type BulkItem, type BulkJob, type BulkOutcome } from '../bulk/bulk-job.js';
import type { BulkParameters } from '../bulk/bulk-action.js';
import { BulkJobs, type BulkPreview } from '../bulk/bulk-jobs.js';
import { BulkActionDto, deviceFilter } from './devices.dto.js';

class BulkItemQuery extends PageQuery {
  @ApiPropertyOptional({ enum: BULK_OUTCOMES })
  @IsOptional()
  @IsIn(BULK_OUTCOMES)
  outcome?: BulkOutcome;
}

/** One of the two answers of a call, in its description. */
const jsonOf = (name: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } });

/** Actions on many devices. Registered before the calls of one device, whose id would otherwise be `bulk`. */
@ApiTags('operators')
@Controller('v1/devices/bulk')
export class DeviceBulkController {
  constructor(private readonly jobs: BulkJobs) {}

  @Post()
  @HttpCode(202)
  @NeedsRole('operator')
  @ApiOperation({
    summary: 'Do something to every device that a filter matches; with dryRun count them only (200)',
  })
  @ApiResponse({ status: 200, description: 'With dryRun: what it would be', content: jsonOf('BulkPreview') })
  @ApiResponse({
    status: 202,
    description: 'Begun; its devices come one after the other',
    headers: { Location: { description: 'How far it has come', schema: { type: 'string', format: 'uri-reference' } } },
    content: jsonOf('BulkJob'),
  })
  @Problems('conflict')
  async start(
    @Body() body: BulkActionDto,
    @Req() request: OperatorRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BulkPreview | BulkJob> {
    const filter = deviceFilter(body.filter);
    const parameters = parametersOf(body);
    if (body.dryRun) {
      response.status(200);
      return this.jobs.preview(body.action, filter);
    }
    if (body.expectedCount === undefined) {
      throw refusal('expectedCount', 'is needed: how many devices the dry run (dryRun: true) has counted');
    }
    const job = await this.jobs.start({
      action: body.action,
      parameters,
      filter,
      expectedCount: body.expectedCount,
      by: {
        operatorId: request.operator.id,
        role: request.operator.role,
        clientAddress: request.ip ?? null,
        requestId: typeof request.id === 'string' ? request.id : null,
      },
    });
    response.setHeader('Location', `/v1/devices/bulk/${job.id}`);
    return job;
  }

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'Bulk actions with how far they have come, newest first' })
  list(@Query() query: PageQuery): Promise<Page<BulkJob>> {
    return this.jobs.list(query);
  }

  @Get(':id')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'One bulk action, with how far it has come' })
  @Problems('not_found')
  show(@Param('id', PATH_UUID) id: string): Promise<BulkJob> {
    return this.jobs.show(id);
  }

  @Get(':id/items')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'What became of each device of a bulk action, by name' })
  @Problems('not_found')
  items(@Param('id', PATH_UUID) id: string, @Query() query: BulkItemQuery): Promise<Page<BulkItem>> {
    return this.jobs.items(id, query);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'End a bulk action: devices that are still to come stay as they are' })
  @Problems('not_found', 'conflict')
  cancel(@Param('id', PATH_UUID) id: string): Promise<BulkJob> {
    return this.jobs.cancel(id);
  }
}

/** Each parameter belongs to one action: with another one it was meant for something else. */
function parametersOf({ action, group, revoke, reason }: BulkActionDto): BulkParameters {
  if (action === 'set-group' && group === undefined) throw refusal('group', 'is needed for set-group; null for none');
  if (action !== 'set-group' && group !== undefined) throw refusal('group', 'is for set-group only');
  if (action !== 'delete' && revoke !== undefined) throw refusal('revoke', 'is for delete only');
  if (action !== 'revoke' && reason !== undefined) throw refusal('reason', 'is for revoke only');
  return {
    ...(group !== undefined && { group }),
    ...(revoke !== undefined && { revoke }),
    ...(reason !== undefined && { reason }),
  };
}

function refusal(field: string, detail: string): DomainError {
  return new DomainError('invalid_request', `${field} ${detail}.`, { errors: [{ field, detail }] });
}
