import type { Request } from 'express';

import { DomainError } from '../../kernel/errors.js';

/** The bearer credential of a request (RFC 6750 section 2.1: the header only, never the query). */
export function bearerToken(request: Request): string {
  const match = /^Bearer +([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '');
  if (!match) {
    throw new DomainError('unauthorized', 'Send the credential in the header "Authorization: Bearer …".');
  }
  return match[1]!;
}
