import express, { type NextFunction, type Request, type Response } from 'express';

import { useErrorPage } from '../../../platform/http/error-page.js';
import { showError } from '../html/error-page.js';

const readForm = express.urlencoded({ extended: false, limit: '64kb', parameterLimit: 100 });

/**
 * Where the dashboard's routes are, in any letter case, as the router takes them. One expression costs the API's calls
 * less than a path to match for each of the routes.
 */
const PAGES =
  /^\/(alarms|assets|audit|check|devices|enrollment|events|live|queue|settings|sign-in|sign-out|zones)?([/?]|$)/i;

/** Does the dashboard answer this URL (a path, with its query)? */
export function isPage(url: string): boolean {
  return PAGES.test(url);
}

/** What the dashboard's routes have in common: errors are pages, and bodies are forms. */
export function dashboardHttp(request: Request, response: Response, next: NextFunction): void {
  if (!isPage(request.originalUrl)) {
    next();
    return;
  }
  useErrorPage(response, showError);
  // Answers are for one person; what may be kept says so itself.
  response.setHeader('Cache-Control', 'no-store');
  readForm(request, response, next);
}

/** Paths that programs call: they get problem documents whatever they accept. */
const FOR_PROGRAMS = /^\/(v1|acme|health|metrics|openapi\.json|agent|nic)([/?]|$)/;

/** A browser that asks for a page which does not exist gets one that says so. */
export function errorPagesForBrowsers(request: Request, response: Response, next: NextFunction): void {
  const mayBePage = request.method === 'GET' && !FOR_PROGRAMS.test(request.originalUrl);
  if (mayBePage && request.accepts(['json', 'html']) === 'html') useErrorPage(response, showError);
  next();
}
