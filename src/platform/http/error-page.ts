import type { Request, Response } from 'express';

import type { ProblemDocument } from './problem.js';

/** Answers a failed request to a person instead of a program. Status and headers are its own to set. */
export type ErrorPage = (problem: ProblemDocument, request: Request, response: Response) => void;

/** For this request, errors are shown to a person. */
export function useErrorPage(response: Response, page: ErrorPage): void {
  response.locals['errorPage'] = page;
}

/** What `useErrorPage` has set; undefined: a problem document it is. */
export function errorPageOf(response: Response): ErrorPage | undefined {
  return response.locals['errorPage'] as ErrorPage | undefined;
}
