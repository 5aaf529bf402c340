import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import express from 'express';

import { DevicesModule } from '../devices/devices.module.js';
import { DoorChallenges } from './door-challenges.js';
import { DoorCredentials } from './door-credentials.js';
import { AcmeDnsController } from './http/acme-dns.controller.js';
import { DynDnsController } from './http/dyndns.controller.js';
import { HttpreqController } from './http/httpreq.controller.js';

/** An update of an existing client has some hundred octets. */
const BODY_LIMIT = '16kb';

/** Doors for clients that exist already. */
@Module({
  imports: [DevicesModule],
  controllers: [AcmeDnsController, DynDnsController, HttpreqController],
  providers: [DoorChallenges, DoorCredentials],
  exports: [DoorChallenges, DoorCredentials],
})
export class DoorsModule implements NestModule {
  /** Bodies are read as they are: clients label JSON as form data, or not at all, and send `null`. */
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply(express.raw({ type: () => true, limit: BODY_LIMIT }))
      .forRoutes(AcmeDnsController, HttpreqController);
  }
}
