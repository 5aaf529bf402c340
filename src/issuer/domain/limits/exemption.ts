import type { LimitProfile } from './limit-profile.js';
import type { Exemption } from './limit-rule.js';

/** What an order's exemption depends on; times are milliseconds since the epoch. */
export interface ExemptionFacts {
  /** The ARI window of the certificate that the order will name in `replaces`; absent: it names none. */
  readonly replacesWindow?: { readonly start: number; readonly end: number };
  /** When a certificate for exactly these names was last issued by this CA. */
  readonly sameNamesIssuedAt?: number;
}

const DAY_MILLISECONDS = 86_400_000;

/** An exemption that ends before newOrder has reached the CA is none. */
const WINDOW_MARGIN_MILLISECONDS = 5 * 60_000;
const SAME_NAMES_MARGIN_MILLISECONDS = 3_600_000;

/** The widest exemption that the CA will grant at `now`; undefined: none. */
export function exemptionAt(profile: LimitProfile, facts: ExemptionFacts, now: number): Exemption | undefined {
  const window = facts.replacesWindow;
  if (
    profile.exemptions.ari &&
    window !== undefined &&
    window.start <= now &&
    now <= window.end - WINDOW_MARGIN_MILLISECONDS
  ) {
    return 'ari';
  }
  const { sameNamesDays } = profile.exemptions;
  if (
    sameNamesDays > 0 &&
    facts.sameNamesIssuedAt !== undefined &&
    now <= facts.sameNamesIssuedAt + sameNamesDays * DAY_MILLISECONDS - SAME_NAMES_MARGIN_MILLISECONDS
  ) {
    return 'same-names';
  }
  return undefined;
}
