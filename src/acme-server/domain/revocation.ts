import { refuse } from './problem.js';

/** RFC 5280 section 5.3.1: the reasons that a subscriber may give. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  superseded: 4,
  cessationOfOperation: 5,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aAcompromise',
};

/** The reason code of a request (RFC 8555 section 7.6); unspecified when there is none. */
export function readRevocationReason(value: unknown): number {
  if (value === undefined) return REVOCATION_REASONS.unspecified;
  const allowed = Object.entries(REVOCATION_REASONS).map(([name, code]) => `${name} (${code})`);
  if (typeof value !== 'number' || !Object.values<number>(REVOCATION_REASONS).includes(value)) {
    const name = (typeof value === 'number' && NAMES[value]) || 'unknown';
    throw refuse(
      'badRevocationReason',
      `unsupported revocation reason code provided: ${name} (${JSON.stringify(value)?.slice(0, 50)}). Supported reasons: ${allowed.join(', ')}`,
    );
  }
  return value;
}

/** How the requester showed that it may revoke. */
export type RevocationRight = 'subscriber' | 'certificate-key' | 'control-of-names';

/**
 * The reason that is recorded. As at Boulder: whoever holds the certificate's private key proves a compromise, and
 * whoever controls the names but is not the subscriber says that the subscriber's time is over.
 */
export function recordedReason(right: RevocationRight, requested: number): number {
  switch (right) {
    case 'certificate-key':
      return REVOCATION_REASONS.keyCompromise;
    case 'control-of-names':
      return REVOCATION_REASONS.cessationOfOperation;
    case 'subscriber':
      return requested;
  }
}
