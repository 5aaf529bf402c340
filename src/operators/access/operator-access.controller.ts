import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import type { Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { AccessGrants, type Access, type ListedAccess } from './access-grants.js';
import { NewAccessDto } from './access.dto.js';

/** The same for any device, by an operator. */
@ApiTags('operators')
@Controller('v1/devices/:id/access')
export class OperatorAccessController {
  constructor(private readonly grants: AccessGrants) {}

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: "A device's credentials for existing clients, without their secrets" })
  @Problems('not_found')
  async list(@Param('id', PATH_UUID) id: string): Promise<Page<ListedAccess>> {
    return { items: await this.grants.list(id), nextCursor: null };
  }

  @Post()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Credentials for an existing client of a device; shown this once' })
  @Problems('not_found', 'conflict', 'device_suspended')
  create(@Param('id', PATH_UUID) id: string, @Body() body: NewAccessDto): Promise<Access> {
    return this.grants.create(id, body);
  }

  @Delete(':accessId')
  @HttpCode(204)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'End one of them' })
  @Problems('not_found')
  end(@Param('id', PATH_UUID) id: string, @Param('accessId', PATH_UUID) accessId: string): Promise<void> {
    return this.grants.end(id, accessId);
  }
}
