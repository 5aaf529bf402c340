import { randomUUID } from 'node:crypto';

import type { NextFunction, Request, Response } from 'express';

import { logFields, withLogFields } from './log-fields.js';

/** What an id may look like that a caller brings: no more than goes into a line of any log. */
const WELL_FORMED = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;
/** Credentials of ours are no ids, wherever they were pasted. */
const CREDENTIAL = /^(?:fc[dko]|whsec)_/;

/** The caller's X-Request-Id where it is well-formed, so that one id goes through several systems; else a new one. */
export function requestIdFrom(header: string | string[] | undefined): string {
  return typeof header === 'string' && WELL_FORMED.test(header) && !CREDENTIAL.test(header) ? header : randomUUID();
}

/** Gives the request its id, and tells the caller, so that an operator finds the lines of a call. */
export function identifyRequest(request: Request, response: Response, next: NextFunction): void {
  request.id = requestIdFrom(request.headers['x-request-id']);
  response.setHeader('X-Request-Id', request.id);
  withLogFields({ requestId: request.id }, next);
}

/** As identifyRequest, for what comes after a body was read: reading may lose what the lines carry. */
export function continueRequest(request: Request, _response: Response, next: NextFunction): void {
  if (typeof request.id === 'string') withLogFields({ requestId: request.id }, next);
  else next();
}

/** The id of the request that is being worked on, or that an order under way was made by. */
export function currentRequestId(): string | undefined {
  return logFields()['requestId'];
}
