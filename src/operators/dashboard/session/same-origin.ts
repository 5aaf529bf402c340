import type { Request } from 'express';

import { DomainError } from '../../../kernel/errors.js';

/**
 * Refuses a form that a browser says was sent from somewhere else. `Sec-Fetch-Site` is sent to https and to loopback,
 * `Origin` always; a client that sends neither is no browser, and no browser's user can be tricked through it.
 * @throws DomainError `forbidden`
 */
export function requireSameOrigin(request: Request, publicUrl: string): void {
  const site = request.headers['sec-fetch-site'];
  const { origin } = request.headers;
  const fits =
    site === undefined
      ? origin === undefined || ownOrigins(request, publicUrl).includes(origin)
      : site === 'same-origin' || site === 'none';
  if (!fits) {
    throw new DomainError(
      'forbidden',
      'This form was sent from another site, so nothing was done. Open the page here and send it again.',
    );
  }
}

function ownOrigins(request: Request, publicUrl: string): string[] {
  return [`${request.protocol}://${request.host}`, new URL(publicUrl).origin];
}
