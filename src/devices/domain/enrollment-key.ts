import { DomainError } from '../../kernel/errors.js';

export interface EnrollmentKeyFacts {
  readonly maxUses: number | null;
  readonly uses: number;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Why the key cannot be used at `now`, as a refusal; undefined when it can. */
export function refuseEnrollmentKey(key: EnrollmentKeyFacts | undefined, now: Date): DomainError | undefined {
  const refuse = (reason: string): DomainError =>
    new DomainError('enrollment_key_invalid', `The enrollment key ${reason}. Ask the fleet's operator for a new one.`);
  if (!key) return refuse('is not known to this server');
  if (key.revokedAt) return refuse('was revoked');
  if (key.expiresAt && key.expiresAt <= now) return refuse('has expired');
  if (key.maxUses !== null && key.uses >= key.maxUses) return refuse('is used up');
  return undefined;
}
