/**
 * Every way in which a request can be refused. A code is stable: it is the last part of the problem document's `type`
 * (`urn:fleetcert:problem:<code>`), and the one mapping to HTTP statuses (platform/http/problem.ts) must name it.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'malformed_json'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'enrollment_key_invalid'
  | 'hardware_id_enrolled'
  | 'device_suspended'
  | 'address_not_allowed'
  | 'csr_rejected'
  | 'order_open'
  | 'order_not_retryable'
  | 'no_certificate'
  | 'already_revoked'
  | 'unknown_zone'
  | 'record_rejected'
  | 'rate_limited'
  | 'unavailable';

/** One wrong field of a request: `field` is its path (`addresses[1]`), `detail` what was expected. */
export interface FieldError {
  readonly field: string;
  readonly detail: string;
}

export interface DomainErrorOptions {
  readonly errors?: readonly FieldError[];
  /** When trying again may help: whole seconds from now (becomes `Retry-After`). */
  readonly retryAfterSeconds?: number;
  /** Kept for the log; never shown to the caller. */
  readonly cause?: unknown;
}

/**
 * A refusal that the caller can act on. `detail` is a sentence that says what to do, and holds no secret.
 * Anything that is not a DomainError becomes a 500 without detail.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;

  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    options: DomainErrorOptions = {},
  ) {
    super(detail, { cause: options.cause });
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
