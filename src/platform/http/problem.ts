import type { DomainError, ErrorCode, FieldError } from '../../kernel/errors.js';

/** RFC 9457 problem document, as every error of the API is answered (`application/problem+json`). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
}

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** The one mapping from refusals to HTTP: the compiler finds a code that is missing here. */
const KINDS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body has the wrong media type' },
  unauthorized: { status: 401, title: 'A credential is needed' },
  forbidden: { status: 403, title: 'This credential may not do that' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  conflict: { status: 409, title: 'This conflicts with what is there' },
  enrollment_key_invalid: { status: 401, title: 'The enrollment key does not work' },
  hardware_id_enrolled: { status: 409, title: 'This hardware is enrolled already' },
  device_suspended: { status: 403, title: 'The device is suspended' },
  address_not_allowed: { status: 422, title: 'An address is outside the policy' },
  csr_rejected: { status: 422, title: 'The CSR was rejected' },
  order_open: { status: 409, title: 'Another order is being worked on' },
  order_not_retryable: { status: 409, title: 'The order cannot be retried' },
  no_certificate: { status: 404, title: 'There is no certificate yet' },
  already_revoked: { status: 409, title: 'The certificate is revoked already' },
  unknown_zone: { status: 404, title: 'This zone is not served here' },
  record_rejected: { status: 422, title: 'The record was rejected' },
  rate_limited: { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'The server cannot do this right now' },
} satisfies Record<ErrorCode, ProblemKind>;

/** The problem document of a refusal. */
export function problemOf(error: DomainError): ProblemDocument {
  const kind: ProblemKind = KINDS[error.code];
  return {
    type: `urn:fleetcert:problem:${error.code}`,
    title: kind.title,
    status: kind.status,
    detail: error.detail,
    errors: error.errors,
  };
}

/** What a caller learns of a fault of ours: nothing but that it is one. */
export const INTERNAL_PROBLEM: ProblemDocument = {
  type: 'urn:fleetcert:problem:internal',
  title: 'The server failed',
  status: 500,
  detail: 'This is a fault of the server, not of the request. Try again later; its log holds the cause.',
};
