import type supertest from 'supertest';

import type { Caller, TestApp } from '../../support/app.js';
import type { Description, NamedCall } from './description.js';
import type { SchemaCheck } from './schema-check.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface WalkOptions {
  /** A credential; absent: none. */
  readonly as?: string;
  readonly body?: unknown;
  /** In place of a body in JSON. */
  readonly raw?: { readonly type: string; readonly text: string };
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPES = ['application/json', 'application/problem+json'];
/** A caller who looks at one of these has to find it in the description. */
const TOLD_HEADERS = ['location', 'retry-after', 'etag'];

/** Calls the server, and holds each answer against the description. */
export class ApiWalk {
  /** `GET /v1/devices 200` for each answer that was seen. */
  readonly seen = new Set<string>();
  /** What differs from the description, in words. */
  readonly differences: string[] = [];

  constructor(
    private readonly server: TestApp,
    private readonly description: Description,
    private readonly check: SchemaCheck,
  ) {}

  /** @param path with its query, without parameters that are to be filled in */
  async call(method: Method, path: string, options: WalkOptions = {}): Promise<supertest.Response> {
    const caller: Caller | TestApp['anyone'] =
      options.as === undefined ? this.server.anyone : this.server.as(options.as);
    const request = caller[method](path).ok(() => true);
    for (const [name, value] of Object.entries(options.headers ?? {})) void request.set(name, value);
    if (options.raw) void request.set('Content-Type', options.raw.type).send(options.raw.text);
    else if (options.body !== undefined) void request.send(options.body as object);
    const response = await request;
    this.note(method, path, response.status, response.headers as Record<string, string>, response.text);
    return response;
  }

  /** An answer that was fetched in another way. */
  note(method: Method, path: string, status: number, headers: Readonly<Record<string, string>>, text: string): void {
    const described = this.#find(method, path);
    if (!described) {
      this.differences.push(`${method} ${path} is not described`);
      return;
    }
    const name = `${described.call} ${status}`;
    this.seen.add(name);
    const given = described.responses[status];
    if (!given) {
      this.differences.push(`${name} is not described: ${text.slice(0, 300)}`);
      return;
    }
    const answer = this.description.resolve(given);
    for (const header of TOLD_HEADERS.filter((one) => one in headers)) {
      const isTold = Object.keys(answer.headers ?? {}).some((one) => one.toLowerCase() === header);
      if (!isTold) this.differences.push(`${name}: the header ${header} is not described`);
    }
    if (text === '' && !answer.content) return;
    const type = (headers['content-type'] ?? '').split(';')[0]!;
    const media = answer.content?.[type];
    if (!media) {
      this.differences.push(`${name}: an answer of type ${type} is not described`);
      return;
    }
    const value: unknown = JSON_TYPES.includes(type) ? JSON.parse(text) : text;
    this.differences.push(...this.check.problems(media.schema!, value).map((problem) => `${name}: ${problem}`));
  }

  /** The call with this path; literal segments before parameters. */
  #find(method: Method, path: string): NamedCall | undefined {
    const [plain] = path.split('?');
    const matching = this.description.calls.filter(({ call }) => {
      const [verb, template] = call.split(' ') as [string, string];
      const pattern = new RegExp(`^${template.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      return verb === method.toUpperCase() && pattern.test(plain!);
    });
    return matching.toSorted((a, b) => a.call.split('{').length - b.call.split('{').length)[0];
  }
}
