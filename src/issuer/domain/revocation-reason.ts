/** The reasons of RFC 5280 section 5.3.1 that public CAs take from a subscriber, with their numbers. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  superseded: 4,
  cessationOfOperation: 5,
} as const;

export type RevocationReason = keyof typeof REVOCATION_REASONS;

/** The reason's name, for a name or its number; undefined for any other. */
export function revocationReason(reason: string | number): RevocationReason | undefined {
  const entry = Object.entries(REVOCATION_REASONS).find(([name, code]) => name === reason || code === reason);
  return entry?.[0] as RevocationReason | undefined;
}
