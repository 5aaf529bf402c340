import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { trustProxy } from '../http/trusted-proxies.js';
import { isTracing } from './spans.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * A span for every HTTP request, called by method and route template: paths and queries hold ids and worse, and stay
 * out of it. What is done for the request is below it. Only a trusted proxy may say what trace the request belongs to.
 */
@Injectable()
export class HttpSpans implements NestMiddleware {
  readonly #isTrusted: (address: string) => boolean;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    this.#isTrusted = trustProxy(config.http.trustedProxies);
  }

  use(request: Request, response: Response, next: NextFunction): void {
    if (!isTracing()) {
      next();
      return;
    }
    const method = METHODS.has(request.method) ? request.method : '_OTHER';
    const peer = request.socket.remoteAddress;
    const isTrusted = peer !== undefined && this.#isTrusted(peer);
    const parent = isTrusted ? propagation.extract(ROOT_CONTEXT, request.headers) : ROOT_CONTEXT;
    const span = trace.getTracer('fleetcert').startSpan(
      method,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          'url.scheme': request.protocol,
          'fleetcert.request.id': String(request.id),
        },
      },
      parent,
    );
    response.once('close', () => {
      const { path } = (request.route ?? {}) as { path?: unknown };
      // As in the metrics: a route for everything that no other one takes has no name of its own.
      if (typeof path === 'string' && !path.startsWith('{')) {
        span.updateName(`${method} ${path}`);
        span.setAttribute('http.route', path);
      }
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(parent, span), next);
  }
}
