import { retryDelaySeconds } from './backoff.js';
import type { ReasonCode } from './order-reason.js';

/** A problem document of the CA (RFC 8555 section 6.7); `type` without the URN's prefix. */
export interface CaProblem {
  readonly type: string;
  readonly detail: string;
  readonly subproblems?: readonly (CaProblem & { readonly name?: string })[];
}

/** What went wrong in a step of the pipeline. */
export type Failure =
  | {
      readonly kind: 'refused';
      readonly problem: CaProblem;
      /** The HTTP status; 0 for a problem that stands inside a resource. */
      readonly status: number;
      readonly retryAfterSeconds?: number;
      /** The CA was asked for its order by the stored URL. */
      readonly readingOrder?: boolean;
    }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'not-served'; readonly detail: string }
  /** The CA's order is over, without a certificate and without anybody's fault. */
  | { readonly kind: 'order-ended'; readonly why: string }
  /** The CA looked for our records while this server was down. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  /** Our account got another key while the CA was to look for a TXT record of the old one. */
  | { readonly kind: 'key-changed'; readonly orderIsLost: boolean }
  /** The certificate is not what the CSR asked for. */
  | { readonly kind: 'mismatch'; readonly detail: string }
  /** Our own database could not be reached. */
  | { readonly kind: 'database' }
  | { readonly kind: 'internal' };

interface Deferral {
  readonly kind: 'defer';
  readonly code: ReasonCode;
  readonly reason: string;
  readonly delaySeconds: number;
  /** It counts for the backoff; a wait that the CA itself asked for does not. */
  readonly counts: boolean;
  /** The CA's order is of no use any more: the next try makes a new one. */
  readonly startOver: boolean;
}

/** What becomes of the order. */
export type FailureDecision = Deferral | { readonly kind: 'fail'; readonly code: ReasonCode; readonly reason: string };

export interface RetryContext {
  /** Tries in a row that failed before this one. */
  readonly failures: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** How long an order rests that the CA has paused: somebody has to act at the CA, so asking again is mere hope. */
const PAUSED_SECONDS = 86_400;

/** The database comes back, or it does not and nothing can be written anyway. */
const DATABASE_SECONDS = 5;

/** What was interrupted is begun anew soon. */
const INTERRUPTED_SECONDS = 5;

/** Retry-After is believed between these: not a busy loop, and not for ever. */
const SHORTEST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 7 * 86_400;

/** Orders that a limit held until the same second come back over this share of the wait, at most a minute. */
const RATE_LIMIT_SPREAD = 0.05;

const ACCOUNT_PROBLEMS = new Set(['accountDoesNotExist', 'externalAccountRequired', 'userActionRequired']);
const FAULTS_OF_THE_CA = new Set(['serverInternal', 'badNonce', 'orderNotReady']);

/** The one place that decides whether an order waits, for how long, or has failed. */
export function decideOnFailure(failure: Failure, context: RetryContext): FailureDecision {
  const backoff = (code: ReasonCode, reason: string, startOver = false): Deferral => ({
    kind: 'defer',
    code,
    reason,
    delaySeconds: retryDelaySeconds(context.failures + 1, context.random),
    counts: true,
    startOver,
  });

  switch (failure.kind) {
    case 'unreachable':
      return backoff(
        'ca_unreachable',
        `The CA cannot be reached (${failure.detail}). The order waits and is tried again.`,
      );
    case 'not-served':
      return backoff(
        'challenge_not_served',
        `The challenge's TXT record is not served by this system's own DNS yet (${failure.detail}); the CA was not asked to look.`,
      );
    case 'order-ended':
      return backoff('ca_order_lost', `The CA has closed its order (${failure.why}); a new one will be made.`, true);
    case 'interrupted': {
      const decision = backoff(
        'ca_order_lost',
        `${failure.reason} (while this server was down; a new order will be made)`,
        true,
      );
      // Soon, but only once: each such look-up counts against the CA's limit of failed authorizations.
      return context.failures === 0 ? { ...decision, delaySeconds: INTERRUPTED_SECONDS } : decision;
    }
    case 'key-changed':
      return {
        kind: 'defer',
        code: failure.orderIsLost ? 'ca_order_lost' : 'waiting_for_ca',
        reason: 'The key of our account at the CA was changed meanwhile; the order goes on with the new one.',
        delaySeconds: INTERRUPTED_SECONDS,
        counts: false,
        startOver: failure.orderIsLost,
      };
    case 'mismatch':
      return { kind: 'fail', code: 'certificate_mismatch', reason: failure.detail };
    case 'database':
      return wait('internal', 'The database could not be reached for a moment.', DATABASE_SECONDS);
    case 'internal':
      return backoff('internal', 'A fault of the server; its log holds the cause. The order is tried again.');
    case 'refused':
      return decideOnRefusal(failure, context, backoff);
  }
}

function decideOnRefusal(
  { problem, status, retryAfterSeconds, readingOrder }: Extract<Failure, { kind: 'refused' }>,
  context: RetryContext,
  backoff: (code: ReasonCode, reason: string, startOver?: boolean) => Deferral,
): FailureDecision {
  const words = wordsOf(problem);

  if (problem.type === 'rateLimited' || status === 429) {
    if (retryAfterSeconds === undefined) {
      return wait('paused', `The CA has paused issuance until an operator acts: ${words}`, PAUSED_SECONDS);
    }
    const seconds = believable(retryAfterSeconds);
    const spread = Math.min(60, seconds * RATE_LIMIT_SPREAD) * context.random;
    return wait('rate_limited', `A rate limit of the CA is reached: ${words}`, seconds + spread);
  }
  if (status >= 500 || FAULTS_OF_THE_CA.has(problem.type)) {
    const reason = `The CA has a fault and is asked again later: ${words}`;
    // A fault inside a resource is that resource's end; one in an answer is not.
    const startOver = status === 0;
    if (retryAfterSeconds !== undefined) return wait('ca_error', reason, believable(retryAfterSeconds));
    return backoff('ca_error', reason, startOver);
  }
  if (ACCOUNT_PROBLEMS.has(problem.type)) {
    return backoff('ca_account', `The CA does not take orders of this account; an operator has to act: ${words}`);
  }
  if (problem.type === 'invalidProfile') {
    return backoff('ca_settings', `The CA does not offer the configured profile (FLEETCERT_ACME_PROFILE): ${words}`);
  }
  if (readingOrder === true) {
    return backoff('ca_order_lost', `The CA does not know its order any more, a new one will be made: ${words}`, true);
  }
  return { kind: 'fail', code: 'ca_refused', reason: `The CA refused the order: ${words}` };
}

/** The CA's own words, with those of the subproblems (RFC 8555 section 6.7.1). */
export function wordsOf(problem: CaProblem): string {
  const own = `${problem.detail || 'no detail given'} (${problem.type})`;
  const parts = (problem.subproblems ?? []).map((sub) => (sub.name ? `${sub.name}: ${wordsOf(sub)}` : wordsOf(sub)));
  return [own, ...parts].join('; ');
}

/**
 * May a refused newOrder pass without its `replaces`? RFC 9773 section 5 names alreadyReplaced; CAs also use other
 * types for a certificate that they do not know. `replaces` saves a slot, it is never a reason to fail.
 */
export function mayBeDueToReplaces(refusal: { readonly problem: CaProblem; readonly status: number }): boolean {
  return (
    ['alreadyReplaced', 'malformed', 'unauthorized', 'conflict'].includes(refusal.problem.type) ||
    refusal.status === 404 ||
    refusal.status === 409
  );
}

/** A wait that the CA asked for. */
function wait(code: ReasonCode, reason: string, delaySeconds: number): FailureDecision {
  return { kind: 'defer', code, reason, delaySeconds: Math.round(delaySeconds), counts: false, startOver: false };
}

function believable(retryAfterSeconds: number): number {
  return Math.min(Math.max(retryAfterSeconds, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
}
