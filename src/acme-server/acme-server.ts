import { acmeRoutes } from './acme-routes.js';
import { AcmeRefusal, problemDocument, problemStatus } from './domain/problem.js';
import { StoreUnavailableError } from './ports/acme-store.js';
import { BackgroundTasks } from './protocol/background-tasks.js';
import type { AcmeServerParts } from './protocol/context.js';
import { link, type AcmeHttpRequest, type AcmeHttpResponse, type Answer } from './protocol/http.js';
import { RequestRateLimiter } from './protocol/request-rate-limiter.js';
import { RequestVerifier } from './protocol/request-verifier.js';
import { allowedMethods, findRoute, methodNotAllowed, type Route, type RouteMatch } from './protocol/routes.js';

const STORE_RETRY_SECONDS = 5;

/**
 * The server side of ACME (RFC 8555, RFC 9773, profiles draft), a request in and a response out: no framework, no
 * socket. Never rejects; what goes wrong inside is logged with its cause and answered without it.
 */
export class AcmeServer {
  readonly #parts: AcmeServerParts;
  readonly #routes: readonly Route[];
  readonly #verifier: RequestVerifier;
  readonly #rates: RequestRateLimiter;

  constructor(parts: Omit<AcmeServerParts, 'validations' | 'signings'>) {
    this.#parts = {
      ...parts,
      validations: new BackgroundTasks(parts.options.validationsInFlight, parts.log),
      signings: new BackgroundTasks(parts.options.signingsInFlight, parts.log),
    };
    this.#routes = acmeRoutes(this.#parts);
    this.#verifier = new RequestVerifier(this.#parts);
    this.#rates = new RequestRateLimiter(parts.options.requestRates);
  }

  async handle(request: AcmeHttpRequest): Promise<AcmeHttpResponse> {
    let found: { route: Route; match: RouteMatch } | undefined;
    let answer: Answer;
    try {
      found = findRoute(this.#routes, this.#parts.urls.basePath, request.target);
      this.#assertRate(found.route, request);
      answer = await this.#dispatch(request, found.route, found.match);
    } catch (error) {
      answer = this.#refusal(error, request);
    }
    return this.#respond(request, found?.route, answer);
  }

  /** Waits for validations and signing that still run. Requests that come later are answered, but start none. */
  async stop(): Promise<void> {
    await Promise.all([this.#parts.validations.stop(), this.#parts.signings.stop()]);
  }

  /** Resolves when nothing goes on in the background. */
  async idle(): Promise<void> {
    await Promise.all([this.#parts.validations.idle(), this.#parts.signings.idle()]);
  }

  #assertRate(route: Route, { remoteAddress }: AcmeHttpRequest): void {
    const seconds = this.#rates.spend(route.rateClass ?? 'other', remoteAddress, this.#parts.clock.now());
    if (seconds === 0) return;
    throw new AcmeRefusal(
      { type: 'rateLimited', detail: 'Service busy; retry later.', status: 503 },
      { 'retry-after': String(seconds) },
    );
  }

  async #dispatch(request: AcmeHttpRequest, route: Route, match: RouteMatch): Promise<Answer> {
    const { method, body } = request;
    if ((method === 'GET' || method === 'HEAD') && route.get) return route.get(request, match);
    if (method === 'OPTIONS') return preflight(route);
    if (method !== 'POST' || !route.post) throw methodNotAllowed(route);
    if (body.length > this.#parts.options.maxBodyBytes) {
      throw new AcmeRefusal({ type: 'malformed', detail: 'request body too large', status: 413 });
    }
    const { post } = route;
    switch (post.signedBy) {
      case 'account':
        return post.handle(await this.#verifier.verifyForAccount(request), match);
      case 'key':
        return post.handle(await this.#verifier.verifyForKey(request), match);
      case 'either':
        return post.handle(await this.#verifier.verify(request), match);
    }
  }

  #refusal(error: unknown, request: AcmeHttpRequest): Answer {
    if (error instanceof AcmeRefusal) {
      return {
        status: problemStatus(error.problem),
        headers: { ...error.headers, 'content-type': 'application/problem+json' },
        json: problemDocument(error.problem),
      };
    }
    this.#parts.log.error(`${request.method} ${request.target} failed`, error);
    if (error instanceof StoreUnavailableError) {
      return this.#refusal(
        new AcmeRefusal(
          { type: 'serverInternal', detail: 'The service is temporarily unavailable; retry later', status: 503 },
          { 'retry-after': String(STORE_RETRY_SECONDS) },
        ),
        request,
      );
    }
    return this.#refusal(new AcmeRefusal({ type: 'serverInternal', detail: 'Internal error' }), request);
  }

  #respond(request: AcmeHttpRequest, route: Route | undefined, answer: Answer): AcmeHttpResponse {
    const { urls, nonces } = this.#parts;
    // RFC 8555 section 7.1: every resource but the directory links to it.
    const links = [...(route?.path === '/directory' ? [] : [link(urls.directory(), 'index')]), ...(answer.links ?? [])];
    const { link: helpLink, ...headers } = answer.headers ?? {};
    const isNonceDue = request.method === 'POST' || route?.path === '/acme/new-nonce';
    const text = answer.text ?? (answer.json === undefined ? undefined : json(answer.json));
    return {
      status: answer.status,
      headers: {
        ...(text ? { 'content-type': text.type } : {}),
        'cache-control': 'no-store',
        // RFC 8555 section 6.1: so that clients in browsers can use the server, and see what they need.
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'Link, Location, Replay-Nonce, Retry-After',
        ...(isNonceDue ? { 'replay-nonce': nonces.issue() } : {}),
        ...headers,
        link: helpLink === undefined ? links : [...links, helpLink],
      },
      body: text?.body ?? '',
    };
  }
}

function preflight(route: Route): Answer {
  const methods = allowedMethods(route);
  return {
    status: 204,
    headers: {
      allow: methods,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'Content-Type',
      'access-control-max-age': '86400',
    },
  };
}

function json(value: unknown): { type: string; body: string } {
  return { type: 'application/json', body: JSON.stringify(value, undefined, 2) };
}
