import type { Response } from 'express';

import type { Html } from '../html/html.js';

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const POLICY = {
  'default-src': "'none'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'script-src': "'self'",
  'connect-src': "'self'",
  'form-action': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
} as const;

export interface PageOptions {
  readonly status?: number;
  /** Sources beside our own that this page's script may connect to. They have to be checked before. */
  readonly connectTo?: readonly string[];
}

/** Answers with a whole page. Pages show what is true now, to one person: no cache keeps them. */
export function sendPage(response: Response, page: Html, { status = 200, connectTo = [] }: PageOptions = {}): void {
  const policy = { ...POLICY, 'connect-src': ["'self'", ...connectTo].join(' ') };
  response.setHeader(
    'Content-Security-Policy',
    Object.entries(policy)
      .map(([directive, sources]) => `${directive} ${sources}`)
      .join('; '),
  );
  // With no-referrer browsers would send `Origin: null` with our own forms.
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).type('html').send(page.toString());
}
