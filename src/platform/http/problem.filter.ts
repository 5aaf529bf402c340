import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';

import { DomainError } from '../../kernel/errors.js';
import { isDatabaseUnavailable } from '../database/database-unavailable.js';
import { errorPageOf } from './error-page.js';
import { INTERNAL_PROBLEM, problemOf } from './problem.js';

const DATABASE_RETRY_SECONDS = 5;

/** body-parser's and http-errors' `type` of what is wrong with a body. */
interface BodyError {
  readonly type?: string;
  readonly status?: number;
}

/** The one place where an error becomes an answer: a DomainError by its table, all else a 500 without detail. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const refusal = asDomainError(error, request);
    if (!refusal) {
      // The route, not the URL: an identifier or a stray secret in a query string stays out of the log.
      this.logger.error({ err: error, method: request.method, path: request.path }, 'a request failed');
    }
    const problem = refusal ? problemOf(refusal) : INTERNAL_PROBLEM;
    if (refusal?.retryAfterSeconds !== undefined)
      response.setHeader('Retry-After', Math.ceil(refusal.retryAfterSeconds));
    const page = errorPageOf(response);
    if (page) {
      page(problem, request, response);
      return;
    }
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="fleetcert"');
    response.setHeader('Cache-Control', 'no-store');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

function asDomainError(error: unknown, request: Request): DomainError | undefined {
  if (error instanceof DomainError) return error;
  if (isDatabaseUnavailable(error)) {
    return new DomainError('unavailable', 'The database cannot be reached right now. Nothing was changed; try again.', {
      retryAfterSeconds: DATABASE_RETRY_SECONDS,
      cause: error,
    });
  }
  if (error instanceof HttpException) return ofHttpException(error, request);
  return ofBodyError(error as BodyError);
}

function ofHttpException(error: HttpException, request: Request): DomainError | undefined {
  const cause = ofBodyError(error.cause as BodyError | undefined);
  if (cause) return cause;
  switch (error.getStatus()) {
    case 400:
      return new DomainError('invalid_request', error.message);
    case 401:
      return new DomainError('unauthorized', error.message);
    case 403:
      return new DomainError('forbidden', error.message);
    case 404:
      return new DomainError(
        'not_found',
        `${request.method} ${request.path} is not a call of this API; /docs lists them.`,
      );
    case 405:
      return new DomainError('method_not_allowed', `${request.method} is not allowed on ${request.path}.`);
    case 413:
      return new DomainError('payload_too_large', error.message);
    default:
      return undefined;
  }
}

function ofBodyError(error: BodyError | undefined): DomainError | undefined {
  switch (error?.type) {
    case 'entity.parse.failed':
      return new DomainError(
        'malformed_json',
        'The body could not be read as JSON. Send one JSON object, encoded in UTF-8.',
      );
    case 'entity.too.large':
      return new DomainError('payload_too_large', 'The body is larger than this call takes (64 KiB).');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new DomainError('unsupported_media_type', 'Send the body uncompressed or with gzip, in UTF-8.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new DomainError('invalid_request', 'The body ended before it was complete.');
    default:
      return error?.status === 400 && error instanceof URIError
        ? new DomainError('invalid_request', 'The path holds a broken percent-encoding.')
        : undefined;
  }
}
