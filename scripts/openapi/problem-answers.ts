import type { ErrorCode } from '../../src/kernel/errors.js';
import { DomainError } from '../../src/kernel/errors.js';
import { INTERNAL_PROBLEM, type ProblemDocument, problemOf } from '../../src/platform/http/problem.js';
import { componentRef, type Schema } from './schema.js';

/** A sentence as the server would say it, for each code: the compiler finds a code that is missing here. */
const DETAILS = {
  invalid_request: 'Correct these fields: limit must not be greater than 1000.',
  malformed_json: 'The body could not be read as JSON. Send one JSON object, encoded in UTF-8.',
  payload_too_large: 'The body is larger than this call takes (64 KiB).',
  unsupported_media_type: 'Send the body as JSON, with the header Content-Type: application/json.',
  unauthorized: 'Send the credential in the header "Authorization: Bearer …".',
  forbidden: 'This call needs the role operator; the credential has viewer.',
  not_found: 'There is no such device; GET /v1/devices lists them.',
  method_not_allowed: 'PATCH is not allowed on /v1/fleet.',
  conflict: 'The device has 20 credentials; end one that is not used any more.',
  enrollment_key_invalid: 'The enrollment key is not known, used up or expired. Ask the operator for a new one.',
  hardware_id_enrolled: 'A device with this hardwareId is enrolled and active. An operator has to delete it first.',
  device_suspended: 'The operator has suspended this device. Ask the operator to resume it.',
  address_not_allowed: '203.0.113.7 is outside the address policy of this server (private addresses).',
  csr_rejected: 'The CSR has the name other.example.com, which is not the name of this device.',
  order_open: "Another CSR of this device is in the CA's hands; wait until its order has ended.",
  order_not_retryable: 'The order is issued; there is nothing to retry.',
  no_certificate: 'This device has no certificate yet. POST /v1/device/orders asks for one.',
  already_revoked: 'The certificate is revoked already.',
  unknown_zone: 'This server has no zone e.example.com; GET /v1/zones lists them.',
  record_rejected: "k2v7q4m3xw5t.d.example.com is a device's name: only the device has records there.",
  rate_limited: 'Too many requests; try again in 60 seconds.',
  unavailable: 'The database cannot be reached right now. Nothing was changed; try again.',
} satisfies Record<ErrorCode, string>;

const FIELD_ERRORS: Partial<Record<ErrorCode, ProblemDocument['errors']>> = {
  invalid_request: [{ field: 'limit', detail: 'limit must not be greater than 1000' }],
};

/** Waiting helps with these: the answer says how long. */
const WITH_RETRY_AFTER: readonly AnyCode[] = ['rate_limited', 'unavailable'];

const RETRY_AFTER = { description: 'Seconds to wait before trying again', schema: { type: 'integer' } } as const;

/** The document of a refusal, as an example. */
function problemExample(code: AnyCode): ProblemDocument {
  if (code === 'internal') return INTERNAL_PROBLEM;
  const { errors, ...problem } = problemOf(new DomainError(code, DETAILS[code], { errors: FIELD_ERRORS[code] }));
  return { ...problem, ...(errors && { errors }) };
}

/**
 * The refusals of all calls. Calls that can be refused alike share one answer, and all of them the schema and the
 * examples.
 */
export class ProblemAnswers {
  readonly #responses = new Map<string, object>();

  /** The answers of a call that may be refused with these codes, by status; a fault of the server among them. */
  of(codes: Iterable<ErrorCode>): Record<string, object> {
    const byStatus = Map.groupBy([...new Set(codes)].toSorted(), (code) => problemExample(code).status);
    const answers = [...byStatus].map(([status, group]) => [String(status), this.#refer(group)]);
    return { ...(Object.fromEntries(answers) as Record<string, object>), 500: this.#refer(['internal']) };
  }

  /** For `components`. */
  components(): { schemas: object; examples: object; responses: object } {
    const codes = Object.keys(DETAILS) as ErrorCode[];
    return {
      schemas: { Problem: PROBLEM },
      examples: Object.fromEntries(
        [...codes, 'internal' as const].map((code) => [code, { value: problemExample(code) }]),
      ),
      responses: Object.fromEntries([...this.#responses].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  #refer(codes: readonly AnyCode[]): object {
    const name = codes.join('.');
    this.#responses.set(name, answerOf(codes));
    return { $ref: `#/components/responses/${name}` };
  }
}

type AnyCode = ErrorCode | 'internal';

function answerOf(codes: readonly AnyCode[]): object {
  const types = codes.map((code) => `urn:fleetcert:problem:${code}`);
  return {
    description: codes.map((code) => `\`${code}\`: ${problemExample(code).title}`).join('. '),
    ...(codes.some((code) => WITH_RETRY_AFTER.includes(code)) && { headers: { 'Retry-After': RETRY_AFTER } }),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [componentRef('Problem'), { type: 'object', properties: { type: { type: 'string', enum: types } } }],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

const PROBLEM: Schema = {
  description: 'An error (RFC 9457). Programs look at `type`; `detail` is for people, and may change.',
  type: 'object',
  properties: {
    type: { type: 'string', description: '`urn:fleetcert:problem:` and a code that stays' },
    title: { type: 'string' },
    status: { type: 'number' },
    detail: { type: 'string', description: 'What to do about it' },
    errors: {
      type: 'array',
      description: 'The fields that are wrong',
      items: {
        type: 'object',
        properties: {
          field: { type: 'string', description: 'Its path, such as `addresses[1]`' },
          detail: { type: 'string' },
        },
        required: ['field', 'detail'],
      },
    },
    checks: {
      type: 'object',
      description: 'Of `/health/ready` alone: each part of the server, `ok` or what is wrong',
      additionalProperties: { type: 'string' },
    },
  },
  required: ['type', 'title', 'status', 'detail'],
};
