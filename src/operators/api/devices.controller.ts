import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { PATH_UUID } from '../../platform/http/path-uuid.js';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsBoolean, IsBooleanString, IsIn, IsOptional, IsString, MaxLength, ValidateIf } from 'class-validator';

import { DeviceLifecycle } from '../../devices/device-lifecycle.js';
import { PageQuery, type Page } from '../../platform/http/page.js';
import { Problems } from '../../platform/http/problems.js';
import { NeedsRole } from '../auth/operator.guard.js';
import { DeviceListing, type DeviceItem } from '../devices/device-listing.js';
import { DeviceRemoval } from '../devices/device-removal.js';

class DeviceQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['active', 'suspended'] })
  @IsOptional()
  @IsIn(['active', 'suspended'])
  state?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  group?: string;

  @ApiPropertyOptional({ description: 'Part of the name, group, note or hardware id, or a whole address' })
  @IsOptional()
  @IsString()
  @MaxLength(253)
  q?: string;
}

class DeviceChangesDto {
  @ApiPropertyOptional({ nullable: true, type: String })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string | null;

  @ApiPropertyOptional({ nullable: true, type: String })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  group?: string | null;

  @ApiPropertyOptional({ description: "Answer *.<device> with the device's addresses" })
  @ValidateIf((_body, value) => value !== undefined)
  @IsBoolean()
  wildcard?: boolean;
}

class DeletionQuery {
  @ApiPropertyOptional({ description: 'Also revoke the certificate', type: Boolean })
  @IsOptional()
  @IsBooleanString()
  revoke?: string;
}

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
  @ApiOperation({ summary: 'Devices, oldest enrollment first' })
  list(@Query() query: DeviceQuery): Promise<Page<DeviceItem>> {
    return this.listing.list(query);
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
  @Problems('not_found')
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
