import { Body, Controller, Get, HttpCode, Post, Put, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';

import { Clock } from '../../kernel/clock.js';
import { NoFieldsPipe } from '../../platform/http/no-fields.pipe.js';
import { Problems } from '../../platform/http/problems.js';
import { Addresses, type AddressesAnswer } from '../addresses/addresses.js';
import { CurrentDevice } from '../auth/current-device.js';
import { DeviceTokens } from '../auth/device-tokens.js';
import { DeviceGuard, SuspendedAllowed } from '../auth/device.guard.js';
import type { Device } from '../domain/device.js';
import { CertificateSummaries, type CertificateSummary } from '../ports/certificate-summaries.js';
import { AddressesDto } from './dto.js';

interface DeviceAnswer extends CertificateSummary {
  readonly deviceId: string;
  readonly name: string;
  readonly zone: string;
  readonly state: string;
  readonly addresses: readonly string[];
  /** Further names that its certificate may hold, absolute. */
  readonly aliases: readonly string[];
  readonly serverTime: string;
}

@ApiTags('device')
@ApiSecurity('deviceToken')
@UseGuards(DeviceGuard)
@Controller('v1/device')
export class DeviceController {
  constructor(
    private readonly addresses: Addresses,
    private readonly tokens: DeviceTokens,
    private readonly certificates: CertificateSummaries,
    private readonly clock: Clock,
  ) {}

  @Get()
  @SuspendedAllowed()
  @ApiOperation({ summary: 'What the server knows of the calling device' })
  async show(@CurrentDevice() device: Device): Promise<DeviceAnswer> {
    const now = this.clock.now();
    const summary = await this.certificates.forDevice(device.deviceId, now);
    const { deviceId, name, zone, state, addresses } = device;
    const aliases = device.aliases.map((label) => `${label}.${zone}`);
    return { deviceId, name, zone, state, addresses, aliases, ...summary, serverTime: now.toISOString() };
  }

  @Put('addresses')
  @ApiOperation({ summary: "Replace the device's addresses; DNS serves them when this answers" })
  @Problems('address_not_allowed', 'conflict')
  replaceAddresses(@CurrentDevice() device: Device, @Body() body: AddressesDto): Promise<AddressesAnswer> {
    return this.addresses.replace(device, body.addresses);
  }

  @Post('token')
  @HttpCode(200)
  @ApiOperation({ summary: 'A new credential; the old one works until the new one is first used' })
  async rotateToken(@CurrentDevice() device: Device, @Body(NoFieldsPipe) _body: unknown): Promise<{ token: string }> {
    return { token: await this.tokens.rotate(device.deviceId) };
  }
}
