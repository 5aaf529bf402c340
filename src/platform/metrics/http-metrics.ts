import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Histogram } from 'prom-client';

import { Metrics } from './metrics.js';

/** Seconds. Lists have to answer within a tenth of one. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Measures every HTTP request, by the template of its route: a label holds no id, and strangers cannot make new ones.
 * Streams are not measured; they last for as long as somebody looks.
 */
@Injectable()
export class HttpMetrics implements NestMiddleware {
  readonly #seconds: Histogram<'method' | 'route' | 'status'>;

  constructor(metrics: Metrics) {
    this.#seconds = new Histogram({
      name: 'fleetcert_http_request_duration_seconds',
      help: 'HTTP requests by route template and status',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers: [metrics.registry],
    });
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const startedAt = performance.now();
    response.once('finish', () => {
      if (response.getHeader('Content-Type') === 'text/event-stream') return;
      const { path } = (request.route ?? {}) as { path?: unknown };
      this.#seconds.observe(
        {
          method: METHODS.has(request.method) ? request.method : 'other',
          // A route for everything that no other one takes has no name of its own.
          route: typeof path === 'string' && !path.startsWith('{') ? path : 'unmatched',
          status: String(response.statusCode),
        },
        (performance.now() - startedAt) / 1000,
      );
    });
    next();
  }
}
