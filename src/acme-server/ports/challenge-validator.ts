import type { ValidationOutcome } from '../domain/authorization.js';

export interface Dns01Validation {
  /** The identifier, with `*.` for a wildcard. */
  readonly identifier: string;
  /** What the TXT record has to hold: base64url(SHA-256(key authorization)), RFC 8555 section 8.4. */
  readonly txtValue: string;
  /** RFC 8657's accounturi. */
  readonly accountUrl: string;
}

/** Looks at the world outside. Failures are outcomes; a rejection means that the validator itself is broken. */
export interface ChallengeValidator {
  /** The TXT record and CAA (RFC 8659). */
  validate(validation: Dns01Validation): Promise<ValidationOutcome>;
  /** CAA alone: what has to be looked at again when a validation is used hours later. */
  checkCaa(validation: Omit<Dns01Validation, 'txtValue'>): Promise<ValidationOutcome>;
}
