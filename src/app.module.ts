import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';

import { AcmeServerModule } from './acme-server/acme-server.module.js';
import { ApiTlsModule } from './api-tls/api-tls.module.js';
import { DdnsModule } from './ddns/ddns.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { IssuerModule } from './issuer/issuer.module.js';
import { LimitsModule } from './issuer/limits/limits.module.js';
import { DashboardModule } from './operators/dashboard/dashboard.module.js';
import { MonitoringModule } from './operators/monitoring.module.js';
import { OperatorsModule } from './operators/operators.module.js';
import type { AppConfig } from './platform/config/app-config.js';
import { ConfigModule } from './platform/config/config.module.js';
import type { DatabaseServer } from './platform/database/database-server.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HealthModule } from './platform/health/health.module.js';
import { loggingModule } from './platform/logging/logging.module.js';
import { MetricsModule } from './platform/metrics/metrics.module.js';
import { SecurityModule } from './platform/security/security.module.js';
import { TracingModule } from './platform/tracing/tracing.module.js';
import { SandboxModule } from './sandbox/sandbox.module.js';

/** The server. In the sandbox it brings its own CA and demo devices. */
@Module({})
export class AppModule {
  /**
   * @param database a server that is open and migrated, or will be; absent: the application opens it
   * @throws ConfigurationError for what only the modules can check
   */
  static forConfig(config: AppConfig, database?: Promise<DatabaseServer>): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forConfig(config),
        loggingModule(config),
        ScheduleModule.forRoot(),
        SecurityModule,
        DatabaseModule.forRoot(database),
        HealthModule,
        MetricsModule,
        TracingModule,
        DevicesModule,
        DdnsModule,
        LimitsModule.forConfig(config),
        IssuerModule,
        ApiTlsModule,
        OperatorsModule,
        MonitoringModule,
        DashboardModule,
        ...(config.sandbox ? [AcmeServerModule.asSandboxCa(config), SandboxModule] : []),
      ],
    };
  }
}
