import { AcmeProblemError, AcmeUnreachableError } from './acme-ca.js';
import { readProblem } from './acme-problem.js';
import type { HttpAnswer } from './acme-transport.js';
import { parseLinks } from './link-header.js';
import { parseRetryAfter } from './retry-after.js';

/** How a CA's front end limits requests without speaking ACME: these with Retry-After. */
const LIMITING_STATUSES = [429, 503];

/** An answer of the CA, read as RFC 8555 means it. */
export class AcmeAnswer {
  readonly status: number;
  readonly text: string;
  readonly nonce: string | undefined;
  readonly location: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** `receivedAt`: what a Retry-After date is counted from. */
  constructor(
    private readonly http: HttpAnswer,
    receivedAt: Date,
  ) {
    this.status = http.status;
    this.text = http.text;
    const nonce = http.headers['replay-nonce'];
    this.nonce = typeof nonce === 'string' ? nonce : undefined;
    this.location = absoluteUrl(http.headers.location, http.url);
    this.retryAfterSeconds = parseRetryAfter(http.headers['retry-after'], receivedAt);
  }

  /** URLs of the Link headers with this relation, absolute. */
  links(relation: string): readonly string[] {
    return parseLinks(this.http.headers.link, relation).flatMap((link) => absoluteUrl(link, this.http.url) ?? []);
  }

  /** The body's JSON object; throws AcmeUnreachableError when it is something else. */
  json(): Readonly<Record<string, unknown>> {
    const data = this.#parsed();
    if (typeof data !== 'object' || data === null || Array.isArray(data)) {
      throw new AcmeUnreachableError(`${this.http.url} answered ${this.status} with something that is not ACME`);
    }
    return data as Record<string, unknown>;
  }

  isBadNonce(): boolean {
    return this.status === 400 && readProblem(this.#parsed())?.type === 'badNonce';
  }

  /** What the answer has to be thrown as; undefined when it is a success. */
  error(): AcmeProblemError | AcmeUnreachableError | undefined {
    const { status, http } = this;
    if (status >= 200 && status < 300) return undefined;
    if (status >= 300 && status < 400) {
      return new AcmeUnreachableError(`${http.url} answered ${status}, a redirect; redirects are not followed`);
    }
    const problem = readProblem(this.#parsed());
    if (problem) return new AcmeProblemError(problem, status, this.retryAfterSeconds);
    if (LIMITING_STATUSES.includes(status) && this.retryAfterSeconds !== undefined) {
      const detail = `${http.url} answered ${status} with Retry-After and without a problem document`;
      return new AcmeProblemError({ type: 'rateLimited', detail, status }, status, this.retryAfterSeconds);
    }
    return new AcmeUnreachableError(`${http.url} answered ${status} without a problem document`);
  }

  #parsed(): unknown {
    try {
      return JSON.parse(this.http.text) as unknown;
    } catch {
      return undefined;
    }
  }
}

/**
 * Relative references are resolved against the request's URL (RFC 9110 section 10.2.2). An absolute one stays as it was
 * written, to the letter: an account's URL goes back to the CA as `kid`, which compares strings.
 */
function absoluteUrl(reference: string | undefined, base: string): string | undefined {
  if (reference === undefined || /^https:\/\//i.test(reference)) return reference;
  return URL.parse(reference, base)?.href;
}
