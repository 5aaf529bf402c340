import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';

import { ADMIN_TOKEN, type TestApp } from './app.js';

/** A browser without a screen: it keeps its cookies and fills in forms with the token of their page. */
export interface Visitor {
  readonly agent: TestAgent;
  /** The text of a page that has to answer 200. */
  page(path: string): Promise<string>;
  /** Sends a form as our pages would: with the session's token, from our own origin. */
  submit(action: string, fields?: Readonly<Record<string, string>>): supertest.Test;
  readonly csrfToken: string;
}

const ORIGIN_HEADERS = { 'Sec-Fetch-Site': 'same-origin' } as const;

/** Signs in with a credential, by default as the administrator. */
export async function signIn(server: TestApp, credential: string = ADMIN_TOKEN): Promise<Visitor> {
  const agent = supertest.agent(server.app.getHttpServer());
  await agent.post('/sign-in').set(ORIGIN_HEADERS).type('form').send({ credential }).expect(303);
  const csrfToken = csrfTokenIn((await agent.get('/').expect(200)).text);
  return {
    agent,
    csrfToken,
    page: async (path) => (await agent.get(path).expect(200)).text,
    submit: (action, fields = {}) =>
      agent
        .post(action)
        .set(ORIGIN_HEADERS)
        .type('form')
        .send({ csrf: csrfToken, ...fields }),
  };
}

/** The first form's token. */
export function csrfTokenIn(page: string): string {
  const token = /name="csrf" value="([\w-]+)"/.exec(page)?.[1];
  if (!token) throw new Error('the page has no form with a token');
  return token;
}
