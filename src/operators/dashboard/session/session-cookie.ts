import type { Request, Response } from 'express';

import { SESSION_SECONDS } from './sessions.js';

const PLAIN_NAME = 'fleetcert_session';
/**
 * Under https no other host of the domain can set a cookie of this name: a device in our zone may well be a host beside
 * the dashboard's (RFC 6265bis section 4.1.3.2).
 */
const SECURE_NAME = `__Host-${PLAIN_NAME}`;

/** The session cookie of a request; undefined when there is none. */
export function readSessionCookie(request: Request): string | undefined {
  const wanted = nameFor(request);
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === wanted && value) return value;
  }
  return undefined;
}

/** `request.secure` counts a trusted proxy's word; without TLS (a sandbox, a test) the cookie has to do without Secure. */
export function setSessionCookie(request: Request, response: Response, value: string): void {
  response.cookie(nameFor(request), value, { ...attributes(request), maxAge: SESSION_SECONDS * 1000 });
}

export function clearSessionCookie(request: Request, response: Response): void {
  response.clearCookie(nameFor(request), attributes(request));
}

function nameFor(request: Request): string {
  return request.secure ? SECURE_NAME : PLAIN_NAME;
}

function attributes(request: Request): { httpOnly: true; sameSite: 'strict'; secure: boolean; path: '/' } {
  return { httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' };
}
