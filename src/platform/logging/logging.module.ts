import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';

import type { AppConfig } from '../config/app-config.js';
import { logFields } from './log-fields.js';
import { sandboxLogDestination } from './log-destination.js';

/** Fields that could hold a credential, wherever a log line might carry them. */
const REDACTED = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-api-key"]',
  'req.headers["x-api-user"]',
  'res.headers["set-cookie"]',
];

/** 503 says that something else is away, and that is logged where it is noticed. */
function levelOf(status: number, error: Error | undefined): 'error' | 'warn' | 'debug' {
  if (status === 503) return 'warn';
  return error || status >= 500 ? 'error' : 'debug';
}

/** Structured JSON logs, one request id through everything that a request causes. */
export function loggingModule(config: AppConfig): DynamicModule {
  const options = {
    level: config.logLevel,
    // As identifyRequest has given it, which comes before this.
    genReqId: (request: IncomingMessage) => (typeof request.id === 'string' ? request.id : randomUUID()),
    mixin: logFields,
    redact: { paths: REDACTED, censor: '[redacted]' },
    // Method, route and status tell what happened; headers and query strings would only carry secrets into the log.
    serializers: {
      req: (request: { id: string; method: string; url: string; remoteAddress: string }) => ({
        id: request.id,
        method: request.method,
        path: request.url.split('?', 1)[0],
        remoteAddress: request.remoteAddress,
      }),
      res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
    },
    autoLogging: { ignore: (request: { url?: string }) => request.url?.startsWith('/health') ?? false },
    customLogLevel: (_request: unknown, response: ServerResponse, error?: Error) => levelOf(response.statusCode, error),
  };
  return LoggerModule.forRoot({
    pinoHttp: config.sandbox ? [options, sandboxLogDestination(join(config.dataDirectory, 'server.log'))] : options,
  });
}
