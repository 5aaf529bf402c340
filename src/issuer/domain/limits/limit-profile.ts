import type { GcraLimit } from '../../../kernel/gcra.js';
import type { LimitName } from './limit-name.js';

/** `count` in `periodSeconds`, of which `burst` may come at once. */
export interface LimitValues {
  readonly burst: number;
  readonly count: number;
  readonly periodSeconds: number;
}

/** Other numbers for one bucket: what the CA's override form grants. */
export interface LimitOverride {
  readonly limit: LimitName;
  /** Whose bucket: a registered domain, an account URL, a name. */
  readonly for: string;
  readonly values: LimitValues;
}

/** All limits of one CA. `null`: the CA has no such limit. */
export interface LimitProfile {
  readonly name: string;
  readonly limits: Readonly<Record<LimitName, LimitValues | null>>;
  readonly overrides: readonly LimitOverride[];
  /** What the CA exempts (LimitRule says from which limits). */
  readonly exemptions: {
    /** An order that replaces a certificate inside its ARI window. */
    readonly ari: boolean;
    /** An order for the same names as a certificate of so many days; 0: no such exemption. */
    readonly sameNamesDays: number;
  };
}

export function gcraLimit({ burst, count, periodSeconds }: LimitValues): GcraLimit {
  return { burst, intervalMilliseconds: (periodSeconds * 1000) / count };
}

/** The numbers that hold for the bucket of `subject`; null: no such limit. */
export function valuesFor(profile: LimitProfile, limit: LimitName, subject: string): LimitValues | null {
  for (const override of profile.overrides) {
    if (override.limit === limit && override.for === subject) return override.values;
  }
  return profile.limits[limit];
}
