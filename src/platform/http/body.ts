import express, { type NextFunction, type Request, type Response } from 'express';

import { DomainError } from '../../kernel/errors.js';
import { holdsUnstorableText } from './text.js';

/** A CSR may have 16 KiB (22 KiB in PEM); nothing else comes near. */
export const BODY_LIMIT = '64kb';

const readJson = express.json({ limit: BODY_LIMIT, strict: true });

/** JSON objects and nothing else, for the calls under /v1. Doors for existing clients read their bodies themselves. */
export function jsonBody(request: Request, response: Response, next: NextFunction): void {
  if (!hasBody(request)) {
    next();
    return;
  }
  if (!request.is(['application/json', 'application/*+json'])) {
    next(
      new DomainError(
        'unsupported_media_type',
        'Send the body as JSON, with the header Content-Type: application/json.',
      ),
    );
    return;
  }
  readJson(request, response, (error?: unknown) => {
    if (!error && Array.isArray(request.body)) {
      next(new DomainError('invalid_request', 'The body has to be a JSON object, not an array.'));
      return;
    }
    // JSON.parse makes an own property of it, which the validation would drop without a word.
    if (!error && typeof request.body === 'object' && Object.hasOwn(request.body as object, '__proto__')) {
      next(new DomainError('invalid_request', 'The body holds the field __proto__, which is not a field of any call.'));
      return;
    }
    if (!error && holdsUnstorableText(request.body)) {
      next(
        new DomainError(
          'invalid_request',
          'The body holds text with U+0000 or half a surrogate pair; send plain text.',
        ),
      );
      return;
    }
    next(error);
  });
}

function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}
