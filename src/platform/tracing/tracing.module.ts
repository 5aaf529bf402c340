import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';

import { HttpSpans } from './http-spans.js';

/** Traces of HTTP requests. Whether anything is traced is decided before the application is there (tracing.ts). */
@Module({})
export class TracingModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(HttpSpans).forRoutes('{*path}');
  }
}
