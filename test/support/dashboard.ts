import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';

import { ADMIN_TOKEN, type EnrolledTestDevice, type TestApp } from './app.js';
import { aCsr, toPem } from './csr-builder.js';

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

const ISSUE_SECONDS = 30;

/** Orders a certificate for the device as its agent would. @returns the chain (PEM) */
export async function issueTo(server: TestApp, device: EnrolledTestDevice): Promise<string> {
  const call = server.as(device.token);
  const csr = toPem(aCsr({ altNames: { dns: [device.name] } }));
  await call.post('/v1/device/orders').send({ csr }).expect(202);
  for (const end = Date.now() + ISSUE_SECONDS * 1000; Date.now() < end;) {
    const answer = await call.get('/v1/device/certificate').buffer(true);
    if (answer.status === 200) return answer.text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the device got no certificate');
}
