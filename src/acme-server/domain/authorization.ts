import type { Problem } from './problem.js';

export type ChallengeStatus = 'pending' | 'processing' | 'valid' | 'invalid';

/** The dns-01 challenge of an authorization (RFC 8555 section 8.4). There is one, so it has no identity of its own. */
export interface Challenge {
  readonly token: string;
  readonly status: ChallengeStatus;
  readonly validatedAt?: Date;
  readonly error?: Problem;
}

export type StoredAuthorizationStatus = 'pending' | 'valid' | 'invalid' | 'deactivated' | 'revoked';
export type AuthorizationStatus = StoredAuthorizationStatus | 'expired';

/** RFC 8555 section 7.1.4. */
export interface Authorization {
  readonly id: string;
  readonly accountId: string;
  /** The identifier's value, with `*.` for a wildcard. */
  readonly identifier: string;
  readonly status: StoredAuthorizationStatus;
  readonly expiresAt: Date;
  /** How long it can be used once it is valid. */
  readonly validSeconds: number;
  readonly challenge: Challenge;
}

/**
 * RFC 8555 section 7.1.6: what is valid expires; what is still pending when its time is over becomes invalid, because
 * it was never valid.
 */
export function authorizationStatus(
  authorization: Pick<Authorization, 'status' | 'expiresAt'>,
  now: Date,
): AuthorizationStatus {
  if (now < authorization.expiresAt) return authorization.status;
  if (authorization.status === 'valid') return 'expired';
  return authorization.status === 'pending' ? 'invalid' : authorization.status;
}

/** The challenge as a client sees it: a dead authorization has no live challenge. */
export function challengeStatus(authorization: Authorization, now: Date): ChallengeStatus {
  const live = authorizationStatus(authorization, now) === 'pending' || authorization.challenge.status === 'valid';
  return live ? authorization.challenge.status : 'invalid';
}

/** What a validation came to. */
export type ValidationOutcome = { readonly valid: true } | { readonly valid: false; readonly problem: Problem };
