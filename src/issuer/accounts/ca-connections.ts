import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { AcmeConnections } from '../acme/acme-connections.js';
import { CaList } from './ca-list.js';

/** The process's connections to CAs; they end after the worker has (which stops before the application's shutdown). */
@Injectable()
export class CaConnections extends AcmeConnections implements OnApplicationShutdown {
  constructor(clock: Clock, list: CaList, @Inject(APP_CONFIG) { acme }: AppConfig) {
    super(clock, (directoryUrl) => ({
      // A CA that is not configured any more is trusted as the first one.
      caFile: (list.of(directoryUrl) ?? list.first).caFile,
      maxConnections: Math.max(4, acme.ordersInFlight),
    }));
  }

  onApplicationShutdown(): void {
    this.close();
  }
}
