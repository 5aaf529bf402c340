import { addSeconds } from '../../kernel/clock.js';
import type { Authorization, ValidationOutcome } from '../domain/authorization.js';

/** A pending authorization after its validation (RFC 8555 section 7.1.6). A failure ends it: there is no second try. */
export function validated(authorization: Authorization, outcome: ValidationOutcome, now: Date): Authorization {
  const { challenge, validSeconds } = authorization;
  if (!outcome.valid) {
    return {
      ...authorization,
      status: 'invalid',
      challenge: { ...challenge, status: 'invalid', validatedAt: now, error: outcome.problem },
    };
  }
  return {
    ...authorization,
    status: 'valid',
    expiresAt: addSeconds(now, validSeconds),
    challenge: { ...challenge, status: 'valid', validatedAt: now },
  };
}
