import { DomainError } from '../../kernel/errors.js';
import { isDatabaseUnavailable } from '../../platform/database/database-unavailable.js';
import { AccountKeyChangedError } from '../accounts/account-key-changed.js';
import { AcmeProblemError, AcmeUnreachableError } from '../acme/acme-ca.js';
import { CertificateMismatchError } from '../domain/certificate-check.js';
import type { Failure } from '../domain/failure.js';

/** Ends a run with a failure that is known as such already. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';

  constructor(readonly failure: Failure) {
    super(failure.kind);
  }
}

/** What a thrown error means for the order. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RunFailure) return error.failure;
  if (error instanceof AcmeProblemError) {
    const { problem, status, retryAfterSeconds } = error;
    return { kind: 'refused', problem, status, retryAfterSeconds };
  }
  if (error instanceof AcmeUnreachableError) return { kind: 'unreachable', detail: error.message };
  if (error instanceof AccountKeyChangedError) return { kind: 'key-changed', orderIsLost: error.orderIsLost };
  if (error instanceof CertificateMismatchError) return { kind: 'mismatch', detail: error.message };
  if (isDatabaseUnavailable(error)) return { kind: 'database' };
  // Of the zone: it could not be written for want of the database, or the name is in none of our zones any more.
  if (error instanceof DomainError) {
    return error.code === 'unavailable' ? { kind: 'database' } : { kind: 'not-served', detail: error.detail };
  }
  return { kind: 'internal' };
}
