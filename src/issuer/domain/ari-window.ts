/**
 * What is known of one certificate's renewal window (RFC 9773), kept by its certID and by nothing else: a window of
 * another certificate says nothing about this one. Times are milliseconds since the epoch.
 */
export interface AriState {
  readonly certId: string;
  /** As the CA suggested it last. */
  readonly window?: { readonly start: number; readonly end: number };
  /** The moment chosen in the window, once; it is past when the certificate is to be renewed at once. */
  readonly renewAt?: number;
  /** The CA has moved the window into the past: the certificate is revoked, or will be. */
  readonly revoked: boolean;
  readonly explanationUrl?: string;
  /** When to ask the CA again. */
  readonly pollAt: number;
  /** Answers in a row that were a fault of the CA. */
  readonly faults: number;
}

/** The CA's answer to `GET renewalInfo/{certID}`. */
export interface RenewalInfo {
  readonly start: number;
  readonly end: number;
  readonly explanationUrl?: string;
  readonly retryAfterSeconds?: number;
}

/** `fault`: 5xx, or no answer at all. `refused`: any other error, also a window that makes no sense. */
export interface PollFailure {
  readonly kind: 'fault' | 'refused';
  readonly retryAfterSeconds?: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const SHORTEST_WAIT = MINUTE;
const LONGEST_WAIT = 24 * HOUR;
/** RFC 9773 section 4.3.3: after an error that lasts; and where the CA does not say when to come again. */
const USUAL_WAIT = 6 * HOUR;
/** Of a backoff, added at random, so that a fleet does not ask in step after an outage. */
const JITTER = 0.1;

/** A certificate that the CA was not asked about yet: it is asked at once. */
export function newAriState(certId: string, now: number): AriState {
  return { certId, revoked: false, pollAt: now, faults: 0 };
}

/**
 * Takes over the CA's answer. While the window stays, so does the chosen time; a changed window is chosen from anew,
 * uniformly (RFC 9773 section 4.2). `random` is uniform in [0, 1); `usualRenewAt` is when the certificate would be
 * renewed without ARI: a window that is over before is no lateness of ours but a revocation.
 */
export function afterRenewalInfo(
  state: AriState,
  info: RenewalInfo,
  context: { readonly now: number; readonly random: number; readonly usualRenewAt: number },
): AriState {
  const { now, random, usualRenewAt } = context;
  const { start, end, explanationUrl, retryAfterSeconds } = info;
  if (!(start < end)) return afterPollFailure(state, { kind: 'refused' }, { now, random });
  const pollAt = now + (waitOf(retryAfterSeconds) ?? USUAL_WAIT);
  const same = state.window?.start === start && state.window.end === end;
  const known = { certId: state.certId, window: { start, end }, explanationUrl, pollAt, faults: 0 };
  if (same) return { ...known, renewAt: state.renewAt, revoked: state.revoked };
  // A CA has no other reason to move a window to where it is over.
  const revoked = end <= now && (state.window !== undefined || now < usualRenewAt);
  return { ...known, renewAt: start + random * (end - start), revoked };
}

/** What was known stays; when to ask again depends on whose fault it was. `random` is uniform in [0, 1). */
export function afterPollFailure(
  state: AriState,
  failure: PollFailure,
  { now, random }: { readonly now: number; readonly random: number },
): AriState {
  if (failure.kind === 'refused') return { ...state, faults: 0, pollAt: now + USUAL_WAIT };
  const backoff = Math.min(MINUTE * 2 ** state.faults, USUAL_WAIT) * (1 + JITTER * random);
  return { ...state, faults: state.faults + 1, pollAt: now + (waitOf(failure.retryAfterSeconds) ?? backoff) };
}

/** When the CA is to be asked again; undefined: never, the certificate has expired or was replaced. */
export function nextPoll(
  state: AriState,
  certificate: { readonly notAfter: number; readonly replaced: boolean },
  now: number,
): number | undefined {
  return certificate.replaced || certificate.notAfter <= now ? undefined : Math.max(now, state.pollAt);
}

/** When the certificate is to be renewed, never before `now`; undefined where the CA has told no window. */
export function ariRenewalTime(state: AriState, now: number): number | undefined {
  return state.renewAt === undefined ? undefined : Math.max(now, state.renewAt);
}

function waitOf(retryAfterSeconds: number | undefined): number | undefined {
  if (retryAfterSeconds === undefined || !Number.isFinite(retryAfterSeconds)) return undefined;
  return Math.min(Math.max(retryAfterSeconds * 1000, SHORTEST_WAIT), LONGEST_WAIT);
}
