import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { bearerToken } from '../../platform/http/bearer.js';
import type { Device } from '../domain/device.js';
import { DeviceTokens } from './device-tokens.js';
import { LastSeen } from './last-seen.js';

export const SUSPENDED_ALLOWED = 'fleetcert:suspended-allowed';

/** A call that a suspended device may still make: reading what is its own. */
export const SuspendedAllowed = () => SetMetadata(SUSPENDED_ALLOWED, true);

export interface DeviceRequest extends Request {
  device: Device;
}

/** Lets a device in by its credential, as itself and nothing else. */
@Injectable()
export class DeviceGuard implements CanActivate {
  constructor(
    private readonly tokens: DeviceTokens,
    private readonly lastSeen: LastSeen,
    private readonly clock: Clock,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<DeviceRequest>();
    const device = await this.tokens.authenticate(bearerToken(request));
    this.lastSeen.note(device.deviceId, this.clock.now());
    const allowed = this.reflector.getAllAndOverride<boolean | undefined>(SUSPENDED_ALLOWED, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (device.state === 'suspended' && !allowed) {
      throw new DomainError(
        'device_suspended',
        'The operator has suspended this device. Ask the operator to resume it.',
      );
    }
    request.device = device;
    return true;
  }
}
