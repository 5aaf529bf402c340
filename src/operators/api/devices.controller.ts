import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { DeviceLifecycle } from '../../devices/device-lifecycle.js';
import type { Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { DeviceListing, type DeviceItem } from '../devices/device-listing.js';
import { DeviceRemoval } from '../devices/device-removal.js';
import { DeletionQuery, DeviceChangesDto, deviceFilter, DeviceQueryDto } from './devices.dto.js';

@ApiTags('operators')
@Controller('v1/devices')
export class DevicesController {
  constructor(
    private readonly listing: DeviceListing,
    private readonly lifecycle: DeviceLifecycle,
    private readonly removal: DeviceRemoval,
  ) {}

  @Get()
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'Devices: search, filters and order; oldest enrollment first' })
  list(@Query() { limit, cursor, sort, ...filter }: DeviceQueryDto): Promise<Page<DeviceItem>> {
    return this.listing.list({ ...deviceFilter(filter), limit, cursor, sort });
  }

  @Get(':id')
  @NeedsRole('viewer')
  @ApiOperation({ summary: 'One device' })
  @Problems('not_found')
  show(@Param('id', PATH_UUID) id: string): Promise<DeviceItem> {
    return this.listing.show(id);
  }

  @Patch(':id')
  @NeedsRole('operator')
  @ApiOperation({ summary: "Set a device's note, group or wildcard" })
  @Problems('not_found', 'conflict')
  async change(@Param('id', PATH_UUID) id: string, @Body() body: DeviceChangesDto): Promise<DeviceItem> {
    await this.lifecycle.change(id, body);
    return this.listing.show(id);
  }

  @Post(':id/suspend')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Let a device change nothing and get nothing new' })
  @Problems('not_found')
  async suspend(@Param('id', PATH_UUID) id: string): Promise<DeviceItem> {
    await this.lifecycle.suspend(id);
    return this.listing.show(id);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'End a suspension' })
  @Problems('not_found')
  async resume(@Param('id', PATH_UUID) id: string): Promise<DeviceItem> {
    await this.lifecycle.resume(id);
    return this.listing.show(id);
  }

  @Delete(':id')
  @HttpCode(204)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Delete a device: its records go, its credential ends, its name is never given out again' })
  @Problems('not_found')
  async delete(@Param('id', PATH_UUID) id: string, @Query() query: DeletionQuery): Promise<void> {
    await this.removal.remove(id, { revoke: query.revoke === 'true' || query.revoke === '1' });
  }
}
