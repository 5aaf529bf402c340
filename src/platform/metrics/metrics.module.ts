import { Global, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';

import { DatabaseMetrics } from './database-metrics.js';
import { HttpMetrics } from './http-metrics.js';
import { Metrics } from './metrics.js';

/**
 * Measures that every part of the server may add to. `/metrics` itself is the operators' (it is not for everybody).
 * HttpMetrics is no provider: Nest makes middleware by itself, and a second one would measure under the same name.
 */
@Global()
@Module({ providers: [Metrics, DatabaseMetrics], exports: [Metrics] })
export class MetricsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(HttpMetrics).forRoutes('{*path}');
  }
}
