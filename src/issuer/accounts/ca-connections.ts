import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { AcmeConnections } from '../acme/acme-connections.js';

/** The process's connections to CAs; they end after the worker has (which stops before the application's shutdown). */
@Injectable()
export class CaConnections extends AcmeConnections implements OnApplicationShutdown {
  constructor(clock: Clock, @Inject(APP_CONFIG) { acme }: AppConfig) {
    super(clock, { caFile: acme.caFile, maxConnections: Math.max(4, acme.ordersInFlight) });
  }

  onApplicationShutdown(): void {
    this.close();
  }
}
