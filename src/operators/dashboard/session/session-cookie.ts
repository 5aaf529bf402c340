import type { Request, Response } from 'express';

import { SESSION_SECONDS } from './sessions.js';

const NAME = 'fleetcert_session';

/** The session cookie of a request; undefined when there is none. */
export function readSessionCookie(request: Request): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === NAME && value) return value;
  }
  return undefined;
}

/** `request.secure` counts a trusted proxy's word; without TLS (a sandbox, a test) the cookie has to do without Secure. */
export function setSessionCookie(request: Request, response: Response, value: string): void {
  response.cookie(NAME, value, { ...attributes(request), maxAge: SESSION_SECONDS * 1000 });
}

export function clearSessionCookie(request: Request, response: Response): void {
  response.clearCookie(NAME, attributes(request));
}

function attributes(request: Request): { httpOnly: true; sameSite: 'strict'; secure: boolean; path: '/' } {
  return { httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' };
}
