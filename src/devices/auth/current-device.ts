import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

import type { Device } from '../domain/device.js';
import type { DeviceRequest } from './device.guard.js';

/** The device that makes the call; needs the DeviceGuard. */
export const CurrentDevice = createParamDecorator((_data: unknown, context: ExecutionContext): Device => {
  return context.switchToHttp().getRequest<DeviceRequest>().device;
});
