import { Body, Controller, Delete, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';

import { CurrentDevice } from '../../devices/auth/current-device.js';
import { DeviceGuard } from '../../devices/auth/device.guard.js';
import type { Device } from '../../devices/domain/device.js';
import type { Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { AccessGrants, type Access, type ListedAccess } from './access-grants.js';
import { NewAccessDto } from './access.dto.js';

/** A device's own credentials for existing clients. */
@ApiTags('device')
@ApiSecurity('deviceToken')
@UseGuards(DeviceGuard)
@Controller('v1/device/access')
export class DeviceAccessController {
  constructor(private readonly grants: AccessGrants) {}

  @Get()
  @ApiOperation({ summary: 'Credentials of existing clients, without their secrets' })
  async list(@CurrentDevice() device: Device): Promise<Page<ListedAccess>> {
    return { items: await this.grants.list(device.deviceId), nextCursor: null };
  }

  @Post()
  @ApiOperation({ summary: 'Credentials for an existing client; shown this once' })
  @Problems('conflict')
  create(@CurrentDevice() device: Device, @Body() body: NewAccessDto): Promise<Access> {
    return this.grants.create(device.deviceId, body);
  }

  @Delete(':accessId')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of them' })
  @Problems('not_found')
  end(@CurrentDevice() device: Device, @Param('accessId', PATH_UUID) accessId: string): Promise<void> {
    return this.grants.end(device.deviceId, accessId);
  }
}
