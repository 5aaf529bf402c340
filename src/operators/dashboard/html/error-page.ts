import type { Request, Response } from 'express';

import type { ProblemDocument } from '../../../platform/http/problem.js';
import { returnPath } from '../domain/return-path.js';
import { sendPage } from '../http/send-page.js';
import type { SessionRequest } from '../session/session.guard.js';
import { html, type Html } from './html.js';
import { layout } from './layout.js';

/** Answers a failed request of a browser. Who has not signed in is sent there, and back again afterwards. */
export function showError(problem: ProblemDocument, request: Request, response: Response): void {
  if (problem.type === 'urn:fleetcert:problem:unauthorized' && !request.path.startsWith('/live/')) {
    if (request.method === 'GET' && request.headers['sec-fetch-site'] === 'cross-site') {
      sendPage(response, comeAgain(returnPath(request.originalUrl)));
      return;
    }
    const back = request.method === 'GET' && request.originalUrl !== '/' ? request.originalUrl : undefined;
    response.redirect(303, back === undefined ? '/sign-in' : `/sign-in?next=${encodeURIComponent(back)}`);
    return;
  }
  const { session } = request as Partial<SessionRequest>;
  const page = layout({
    title: TITLES[problem.status] ?? problem.title,
    session,
    content: html`<section class="card">
      <p>${detailFor(problem, request)}</p>
      <p><a href="/">Go to the fleet</a></p>
    </section>`,
  });
  sendPage(response, page, { status: problem.status });
}

const TITLES: Readonly<Record<number, string>> = {
  403: 'That is not allowed',
  404: 'There is no such page',
  429: 'Too many tries',
  500: 'The server failed',
  503: 'Not right now',
};

/** Details are written for callers of the API; what they say about its paths would confuse here. */
function detailFor({ status, detail }: ProblemDocument, request: Request): string {
  if (status === 404 && request.method === 'GET')
    return `Nothing is shown at ${request.path}. It may have been deleted.`;
  if (status === 503) return `${detail} Devices' names are answered all the same.`;
  return detail;
}

/**
 * For who follows a link from a mail or another site: browsers keep our SameSite=Strict cookie back then, and send it
 * with the request that this page makes.
 * @param path of ours, checked: anybody may have made the link
 */
function comeAgain(path: string): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content="0; url=${path}" />
        <title>fleetcert</title>
      </head>
      <body>
        <p><a href="${path}">Go on</a></p>
      </body>
    </html>`;
}
