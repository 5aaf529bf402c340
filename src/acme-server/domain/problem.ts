import type { Identifier } from './identifier.js';

/**
 * The error types of RFC 8555 section 6.7, RFC 9773 (`alreadyReplaced`) and the profiles draft (`invalidProfile`) that
 * this server uses, each with the HTTP status that Boulder answers with.
 */
export const PROBLEM_STATUS = {
  accountDoesNotExist: 400,
  alreadyReplaced: 409,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  caa: 403,
  compound: 400,
  dns: 400,
  externalAccountRequired: 403,
  invalidContact: 400,
  invalidProfile: 400,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 400,
  serverInternal: 500,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
} as const satisfies Record<string, number>;

export type ProblemType = keyof typeof PROBLEM_STATUS;

/** A problem of one identifier among several (RFC 8555 section 6.7.1). */
export interface Subproblem {
  readonly type: ProblemType;
  readonly detail: string;
  readonly identifier: Identifier;
}

/** A refusal as it is kept and shown. `type` is short: `rateLimited`, not the whole URN. */
export interface Problem {
  readonly type: ProblemType;
  readonly detail: string;
  /** The HTTP status where it is not the type's own. */
  readonly status?: number;
  readonly subproblems?: readonly Subproblem[];
  /** What the client may sign with; only with `badSignatureAlgorithm` (RFC 8555 section 6.2). */
  readonly algorithms?: readonly string[];
}

const NAMESPACE = 'urn:ietf:params:acme:error:';

/** The problem as JSON (RFC 7807): whole URNs, and the status always there. */
export function problemDocument(problem: Problem): Record<string, unknown> {
  return {
    type: NAMESPACE + problem.type,
    detail: problem.detail,
    status: problemStatus(problem),
    ...(problem.algorithms ? { algorithms: problem.algorithms } : {}),
    ...(problem.subproblems
      ? {
          subproblems: problem.subproblems.map(({ type, detail, identifier }) => ({
            type: NAMESPACE + type,
            detail,
            identifier,
          })),
        }
      : {}),
  };
}

export function problemStatus(problem: Problem): number {
  return problem.status ?? PROBLEM_STATUS[problem.type];
}

/**
 * A request that is refused, with what the client is told. The error types of ACME are a vocabulary of their own
 * (RFC 8555 section 6.7), which is why this is not the kernel's DomainError.
 */
export class AcmeRefusal extends Error {
  override readonly name = 'AcmeRefusal';

  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
    cause?: unknown,
  ) {
    super(`${problem.type}: ${problem.detail}`, { cause });
  }
}

/** The refusal of a request for `detail`. */
export function refuse(type: ProblemType, detail: string, more: Omit<Problem, 'type' | 'detail'> = {}): AcmeRefusal {
  return new AcmeRefusal({ type, detail, ...more });
}

/** The same refusal, its detail led in as Boulder does it: `Error creating new order :: …`. */
export function withContext(context: string, refusal: AcmeRefusal): AcmeRefusal {
  return new AcmeRefusal({ ...refusal.problem, detail: `${context} :: ${refusal.problem.detail}` }, refusal.headers);
}

export function notFound(detail: string): AcmeRefusal {
  return refuse('malformed', detail, { status: 404 });
}
