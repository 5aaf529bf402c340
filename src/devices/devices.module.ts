import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { Addresses } from './addresses/addresses.js';
import { AddressWriter } from './addresses/address-writer.js';
import { AgentController } from './api/agent.controller.js';
import { DeviceController } from './api/device.controller.js';
import { EnrollController } from './api/enroll.controller.js';
import { DeviceGuard } from './auth/device.guard.js';
import { DeviceTokens } from './auth/device-tokens.js';
import { LastSeen } from './auth/last-seen.js';
import { DeviceFlags } from './device-flags.js';
import { DeviceLifecycle } from './device-lifecycle.js';
import { EnrollmentKeyEntity } from './enrollment/enrollment-key.entity.js';
import { EnrollmentKeys } from './enrollment/enrollment-keys.js';
import { EnrollmentWriter } from './enrollment/enrollment-writer.js';
import { Enrollment } from './enrollment/enrollment.js';

/** Enrollment, credentials and addresses. The zone (NamePublisher) and certificates (CertificateSummaries) are ports. */
@Module({
  imports: [TypeOrmModule.forFeature([EnrollmentKeyEntity])],
  controllers: [AgentController, EnrollController, DeviceController],
  providers: [
    Addresses,
    AddressWriter,
    DeviceFlags,
    DeviceGuard,
    DeviceLifecycle,
    DeviceTokens,
    Enrollment,
    EnrollmentKeys,
    EnrollmentWriter,
    LastSeen,
  ],
  exports: [Addresses, DeviceFlags, DeviceGuard, DeviceLifecycle, DeviceTokens, EnrollmentKeys, LastSeen],
})
export class DevicesModule {}
