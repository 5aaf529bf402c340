import { type CaProblem, type Failure, wordsOf } from './failure.js';

/** The CA's order, as far as the next action depends on it (RFC 8555 section 7.1.3). */
export interface CaOrder {
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly authorizationUrls: readonly string[];
  readonly finalizeUrl: string;
  readonly certificateUrl?: string;
  readonly error?: CaProblem;
  readonly retryAfterSeconds?: number;
}

/** One authorization of it (RFC 8555 section 7.1.4). */
export interface CaAuthorization {
  readonly url: string;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  /** Without `*.`. */
  readonly name: string;
  readonly dnsChallenge?: {
    readonly url: string;
    readonly status: 'pending' | 'processing' | 'valid' | 'invalid';
    readonly txtValue: string;
    readonly error?: CaProblem;
  };
  readonly retryAfterSeconds?: number;
}

/** A TXT record that the CA will look for. `name` is the authorization's, `_acme-challenge.` goes in front of it. */
export interface ChallengeText {
  readonly name: string;
  readonly value: string;
}

/** What is known of one order's way through the CA: the stored URL, and what was read and done in this run. */
export interface PipelineView {
  readonly acmeOrderUrl?: string;
  /** The run before this one ended without a word: its server was killed, and its DNS with it. */
  readonly interrupted: boolean;
  readonly order?: CaOrder;
  readonly authorizations?: readonly CaAuthorization[];
  /** TXT values that were published, and seen on our own listeners, in this run. */
  readonly published: ReadonlySet<string>;
  readonly confirmed: ReadonlySet<string>;
  /** Challenge URLs that the CA was told of in this run. */
  readonly answered: ReadonlySet<string>;
  /** Answers in a row that brought nothing new. */
  readonly polls: number;
}

export type PipelineAction =
  | { readonly do: 'new-order' }
  | { readonly do: 'read-order' }
  | { readonly do: 'read-authorizations' }
  | { readonly do: 'publish'; readonly texts: readonly ChallengeText[] }
  | { readonly do: 'confirm'; readonly texts: readonly ChallengeText[] }
  | { readonly do: 'answer'; readonly challengeUrl: string }
  | { readonly do: 'wait'; readonly seconds: number; readonly next: 'read-order' | 'read-authorizations' }
  | { readonly do: 'finalize'; readonly finalizeUrl: string }
  | { readonly do: 'download'; readonly certificateUrl: string }
  /** The order has failed for good. */
  | { readonly do: 'fail'; readonly code: 'validation_failed' | 'ca_refused'; readonly reason: string }
  /** This run ends; what becomes of the order is decided as for any other failure. */
  | { readonly do: 'give-up'; readonly failure: Failure };

/** Nothing is known but what the order's row holds: the start of a run, first or resumed. */
export function initialView(acmeOrderUrl: string | undefined, interrupted = false): PipelineView {
  return { acmeOrderUrl, interrupted, published: new Set(), confirmed: new Set(), answered: new Set(), polls: 0 };
}

/**
 * The next thing to do for an order. Everything follows from what the CA says its order's state is, so a run that
 * starts after a crash takes the same way as one that was never interrupted.
 */
export function nextAction(view: PipelineView): PipelineAction {
  if (view.acmeOrderUrl === undefined) return { do: 'new-order' };
  const { order } = view;
  if (order === undefined) return { do: 'read-order' };

  switch (order.status) {
    case 'pending':
      return authorize(order, view);
    case 'ready':
      return { do: 'finalize', finalizeUrl: order.finalizeUrl };
    case 'processing':
      return { do: 'wait', seconds: pollSeconds(view.polls, order.retryAfterSeconds), next: 'read-order' };
    case 'valid':
      return order.certificateUrl === undefined
        ? { do: 'wait', seconds: pollSeconds(view.polls, order.retryAfterSeconds), next: 'read-order' }
        : { do: 'download', certificateUrl: order.certificateUrl };
    case 'invalid':
      return explainInvalid(order, view);
  }
}

function authorize(order: CaOrder, view: PipelineView): PipelineAction {
  const { authorizations } = view;
  if (authorizations === undefined) return { do: 'read-authorizations' };

  const dead = authorizations.find(({ status }) => status !== 'pending' && status !== 'valid');
  if (dead !== undefined) return explainDead(dead, view);

  const pending = authorizations.filter(({ status }) => status === 'pending');
  if (pending.length === 0) {
    // The order was read before its last authorization became valid: read it again, at once the first time.
    const seconds = view.polls === 0 ? 0 : pollSeconds(view.polls - 1, order.retryAfterSeconds);
    return { do: 'wait', seconds, next: 'read-order' };
  }
  const withoutDns = pending.find(({ dnsChallenge }) => dnsChallenge === undefined);
  if (withoutDns !== undefined) {
    return { do: 'fail', code: 'ca_refused', reason: `The CA offers no dns-01 challenge for ${withoutDns.name}.` };
  }

  const texts = pending.map(({ name, dnsChallenge }) => ({ name, value: dnsChallenge!.txtValue }));
  const unpublished = texts.filter(({ value }) => !view.published.has(value));
  if (unpublished.length > 0) return { do: 'publish', texts: unpublished };
  const unconfirmed = texts.filter(({ value }) => !view.confirmed.has(value));
  if (unconfirmed.length > 0) return { do: 'confirm', texts: unconfirmed };

  // A challenge that is `processing` was answered before a crash: answering twice is an error at some CAs.
  const unanswered = pending.find(
    ({ dnsChallenge }) => dnsChallenge!.status === 'pending' && !view.answered.has(dnsChallenge!.url),
  );
  if (unanswered !== undefined) return { do: 'answer', challengeUrl: unanswered.dnsChallenge!.url };

  const retryAfter = Math.max(0, ...pending.map(({ retryAfterSeconds }) => retryAfterSeconds ?? 0)) || undefined;
  return { do: 'wait', seconds: pollSeconds(view.polls, retryAfter), next: 'read-authorizations' };
}

/** An order becomes invalid by a failed authorization, by an error of its own, or by its age (section 7.1.6). */
function explainInvalid(order: CaOrder, view: PipelineView): PipelineAction {
  if (order.authorizationUrls.length > 0 && view.authorizations === undefined) return { do: 'read-authorizations' };
  const failed = view.authorizations?.find(({ status }) => status === 'invalid');
  if (failed !== undefined) return explainDead(failed, view);
  if (order.error !== undefined)
    return { do: 'give-up', failure: { kind: 'refused', problem: order.error, status: 0 } };
  return { do: 'give-up', failure: { kind: 'order-ended', why: 'it has expired' } };
}

function explainDead(authorization: CaAuthorization, view: PipelineView): PipelineAction {
  if (authorization.status !== 'invalid') {
    const why = `the authorization of ${authorization.name} is ${authorization.status}`;
    return { do: 'give-up', failure: { kind: 'order-ended', why } };
  }
  const error = authorization.dnsChallenge?.error;
  const words = error === undefined ? 'the CA gives no reason' : wordsOf(error);
  const reason = `The CA could not validate ${authorization.name}: ${words}`;
  // It looked while nobody was there to answer: that is no fault of the device, and a new order may well pass. A look
  // that was begun then can end only after this run has answered the challenge once more.
  if (view.interrupted) return { do: 'give-up', failure: { kind: 'interrupted', reason } };
  return { do: 'fail', code: 'validation_failed', reason };
}

const FIRST_POLL_SECONDS = 0.05;
const SLOWEST_POLL_SECONDS = 10;
const LONGEST_RETRY_AFTER_SECONDS = 3_600;

/** Retry-After where the CA gives one (at most an hour), else 0.05 s, doubled each time, up to 10 s. */
export function pollSeconds(polls: number, retryAfterSeconds: number | undefined): number {
  if (retryAfterSeconds !== undefined && retryAfterSeconds > 0)
    return Math.min(retryAfterSeconds, LONGEST_RETRY_AFTER_SECONDS);
  return Math.min(FIRST_POLL_SECONDS * 2 ** Math.min(polls, 10), SLOWEST_POLL_SECONDS);
}
