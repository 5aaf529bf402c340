import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Validator } from '@seriousme/openapi-schema-validator';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PROJECT_ROOT } from '../../../src/platform/project-root.js';
import { problemOf } from '../../../src/platform/http/problem.js';
import { startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { Description } from './description.js';
import { SchemaCheck } from './schema-check.js';

const description = new Description();
const check = new SchemaCheck(description);
const database = withDatabase();
let server: TestApp;

beforeAll(async () => {
  server = await startApp(database.url);
});
afterAll(() => server.stop());

/**
 * Where pages for people and the doors that speak the protocols of other programs are: the first segments of the paths
 * in their controllers. And the description itself.
 */
const OTHERS = new Set([
  'docs',
  'openapi.json',
  ...globSync('src/{operators/dashboard,doors}/**/*.controller.ts', { cwd: PROJECT_ROOT }).flatMap((file) => {
    const text = readFileSync(join(PROJECT_ROOT, file), 'utf8');
    const [, prefix = ''] = /@Controller\((?:'([^']*)')?\)/.exec(text) ?? [];
    const paths = prefix
      ? [prefix]
      : [...text.matchAll(/@(?:Get|Post)\((?:'([^']*)')?\)/g)].map(([, path = '']) => path);
    return paths.map((path) => path.split('/')[0]!);
  }),
]);

/** Not a route: what Nest runs before all of them. */
const MIDDLEWARE = '*splat';

interface Layer {
  readonly route?: { readonly path: string | string[]; readonly methods: Readonly<Record<string, boolean>> };
}

/** `GET /v1/devices/{id}` for each route that Express has. */
function routesOf(app: NestExpressApplication): string[] {
  const { router } = app.getHttpAdapter().getInstance() as unknown as { router: { stack: readonly Layer[] } };
  return router.stack.flatMap(({ route }) =>
    [route?.path ?? []]
      .flat()
      .flatMap((path) =>
        Object.keys(route!.methods).map(
          (method) => `${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, (_, name: string) => `{${name}}`)}`,
        ),
      ),
  );
}

describe('the description of the API', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(description.document));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  it('has every call that the server has, and no other', () => {
    const routes = routesOf(server.app);
    expect(routes.length).toBeGreaterThan(80);
    const firstSegment = (route: string): string => route.split(' ')[1]!.split('/')[1] ?? '';
    const ofApi = routes.filter((route) => !OTHERS.has(firstSegment(route)) && !route.includes(MIDDLEWARE));
    expect(ofApi.toSorted()).toEqual(description.calls.map(({ call }) => call).toSorted());
  });

  it('is served, with a page to read it', async () => {
    const { body } = await server.anyone.get('/openapi.json').expect(200);
    expect(body).toEqual(description.document);
    await server.anyone.get('/docs').expect(200, /swagger-ui/);
  });

  it('gives each call a summary and an id of its own', () => {
    const ids = description.calls.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(description.calls.filter(({ summary }) => !summary).map(({ call }) => call)).toEqual([]);
  });

  it('says of every parameter, and of every field of a body, what it is', () => {
    const parameters = description.calls.flatMap(({ call, parameters = [] }) =>
      parameters.filter((one) => !one.description).map(({ name }) => `${call}: ${name}`),
    );
    const fields = Object.entries(description.document.components['schemas']!)
      .filter(([name]) => name.endsWith('Dto'))
      .flatMap(([name, { properties = {} }]: [string, { properties?: Record<string, { description?: string }> }]) =>
        Object.keys(properties).flatMap((field) => (properties[field]!.description ? [] : [`${name}.${field}`])),
      );
    expect([...parameters, ...fields]).toEqual([]);
  });

  it('says which credential each call under /v1 needs, and which role of an operator', () => {
    const open = description.calls.filter(({ call, security }) => call.includes(' /v1/') && !security?.length);
    expect(open.map(({ call }) => call)).toEqual(['POST /v1/enroll']);
    const roles = description.calls.flatMap(({ security = [] }) =>
      security.flatMap((one) => one['operatorToken'] ?? []),
    );
    expect(new Set(roles)).toEqual(new Set(['viewer', 'operator', 'admin']));
  });
});

describe.each(description.calls)('$call', ({ responses, requestBody }) => {
  const parts = Object.entries(responses).map(([status, answer]) => [status, description.resolve(answer)] as const);

  it('has a schema and examples that fit it for its body and every answer', () => {
    const medias = [
      ...Object.entries(requestBody?.content ?? {}),
      ...parts.flatMap(([, answer]) => Object.entries(answer.content ?? {})),
    ];
    for (const [type, { schema, example, examples }] of medias) {
      expect({ type, schema }).toEqual({ type, schema: expect.any(Object) });
      const shown = [
        ...(example === undefined ? [] : [example]),
        ...Object.values(examples ?? {}).map((one) => description.resolve(one).value),
      ];
      expect(`${shown.length} examples of ${type}`).not.toBe(`0 examples of ${type}`);
      expect(shown.flatMap((one) => check.problems(schema!, one))).toEqual([]);
    }
  });

  it('has an answer that is no refusal, and describes what it holds', () => {
    const done = parts.filter(([status]) => Number(status) < 400);
    expect(done.length).toBeGreaterThan(0);
    const silent = done.filter(([status, { content }]) => !['202', '204', '304'].includes(status) && !content);
    expect(silent.map(([status]) => status)).toEqual([]);
  });

  it('names the type of each of its refusals, under the status that the server gives it', () => {
    for (const [status, { content }] of parts.filter(([status]) => Number(status) >= 400)) {
      const codes = Object.keys(content!['application/problem+json']!.examples!);
      expect(codes.length).toBeGreaterThan(0);
      for (const code of codes.filter((one) => one !== 'internal')) {
        const refusal = problemOf({ code, detail: '' } as Parameters<typeof problemOf>[0]);
        expect([code, String(refusal.status)]).toEqual([code, status]);
      }
    }
  });
});
