import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

import { DomainError } from '../../kernel/errors.js';
import type { HttpConfig } from '../config/app-config.js';
import { continueRequest, identifyRequest } from '../logging/request-id.js';
import { jsonBody } from './body.js';
import { ProblemFilter } from './problem.filter.js';
import { holdsUnstorableText } from './text.js';
import { trustProxy } from './trusted-proxies.js';
import { validationPipe } from './validation.js';

/** What every HTTP answer has in common. The app is made with `bodyParser: false`. */
export function configureHttp(app: NestExpressApplication, config: HttpConfig): void {
  app.disable('x-powered-by');
  // Express' own ETag hashes every answer; the calls that have a validator set it themselves.
  app.set('etag', false);
  app.set('trust proxy', trustProxy(config.trustedProxies));
  app.use(identifyRequest);
  app.use(securityHeaders);
  app.use('/v1', noStore);
  app.use('/v1', plainQuery);
  app.use('/v1', jsonBody);
  app.use('/v1', continueRequest);
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter());
  app.enableShutdownHooks([]);
}

function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  next();
}

function plainQuery(request: Request, _response: Response, next: NextFunction): void {
  if (!holdsUnstorableText(request.query)) next();
  else next(new DomainError('invalid_request', 'The query holds U+0000; send plain text.'));
}

function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}
