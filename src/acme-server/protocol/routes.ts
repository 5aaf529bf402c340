import { AcmeRefusal, notFound } from '../domain/problem.js';
import type { RateClass } from '../domain/request-rates.js';
import type { AcmeHttpRequest, Answer } from './http.js';
import type { AccountRequest, KeyRequest } from './request-verifier.js';

/** What the variable parts of the path and the query hold. */
export interface RouteMatch {
  readonly params: readonly string[];
  readonly query: URLSearchParams;
}

/** How a POST to the route has to be signed, and who answers it. */
export type PostHandler =
  | { readonly signedBy: 'account'; readonly handle: (request: AccountRequest, match: RouteMatch) => Promise<Answer> }
  | { readonly signedBy: 'key'; readonly handle: (request: KeyRequest, match: RouteMatch) => Promise<Answer> }
  | {
      readonly signedBy: 'either';
      readonly handle: (request: AccountRequest | KeyRequest, match: RouteMatch) => Promise<Answer>;
    };

export interface Route {
  /** Segments of the path; `:` stands for a variable one, `:?` for one that may be missing. */
  readonly path: string;
  readonly rateClass?: RateClass;
  /** Also answers HEAD. */
  readonly get?: (request: AcmeHttpRequest, match: RouteMatch) => Answer | Promise<Answer>;
  readonly post?: PostHandler;
}

/** Finds the route of a request target; throws 404. */
export function findRoute(
  routes: readonly Route[],
  basePath: string,
  target: string,
): { route: Route; match: RouteMatch } {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  if (path.startsWith(`${basePath}/`)) {
    const segments = path.slice(basePath.length + 1).split('/');
    for (const route of routes) {
      const params = matchSegments(route.path.slice(1).split('/'), segments);
      if (params)
        return { route, match: { params, query: new URLSearchParams(question < 0 ? '' : target.slice(question)) } };
    }
  }
  throw notFound('Page not found');
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): readonly string[] | undefined {
  const params: string[] = [];
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined) return expected === ':?' ? params : undefined;
    if (!expected.startsWith(':')) {
      if (segment !== expected) return undefined;
    } else if (/^[A-Za-z0-9_.-]{1,200}$/.test(segment)) {
      params.push(segment);
    } else {
      return undefined;
    }
  }
  return segments.length <= pattern.length ? params : undefined;
}

/** The methods of a route, as the Allow header lists them. */
export function allowedMethods(route: Route): string {
  return [...(route.get ? ['GET', 'HEAD'] : []), ...(route.post ? ['POST'] : []), 'OPTIONS'].join(', ');
}

export function methodNotAllowed(route: Route): AcmeRefusal {
  return new AcmeRefusal(
    { type: 'malformed', detail: 'Method not allowed', status: 405 },
    { allow: allowedMethods(route) },
  );
}
