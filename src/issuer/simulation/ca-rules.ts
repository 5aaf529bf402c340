import type { LimitProfile, LimitValues } from '../domain/limits/limit-profile.js';

/** `burst` at once, then one every `intervalSeconds`. */
export interface Allowance {
  readonly burst: number;
  readonly intervalSeconds: number;
}

/**
 * The rules of the model CA. They are written down here once more, from the CA's own page, and not taken from the
 * planner's tables: the simulation is to find out when the planner has them wrong. `null`: no such limit.
 */
export interface CaRules {
  readonly newOrders: Allowance | null;
  readonly certificatesPerDomain: Allowance | null;
  /** Other numbers for some registered domains. */
  readonly domainOverrides: Readonly<Record<string, Allowance>>;
  readonly certificatesPerExactSet: Allowance | null;
  readonly failedAuthorizations: Allowance | null;
  /** Beyond them the name is paused for the account. */
  readonly consecutiveFailures: Allowance | null;
  readonly newOrderRequests: Allowance | null;
  readonly renewalInfo: boolean;
  /** Days within which the same names are a renewal. */
  readonly renewalDays: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** https://letsencrypt.org/docs/rate-limits/: "refills at a rate of 1 … every 36 seconds", and so on. */
export const LETSENCRYPT_RULES: CaRules = {
  newOrders: { burst: 300, intervalSeconds: 36 },
  certificatesPerDomain: { burst: 50, intervalSeconds: (7 * DAY) / 50 },
  domainOverrides: {},
  certificatesPerExactSet: { burst: 5, intervalSeconds: (7 * DAY) / 5 },
  failedAuthorizations: { burst: 5, intervalSeconds: 12 * MINUTE },
  consecutiveFailures: { burst: 1152, intervalSeconds: DAY },
  newOrderRequests: { burst: 200, intervalSeconds: 1 / 300 },
  renewalInfo: true,
  renewalDays: 120,
};

/**
 * A CA with the numbers of a profile, for limits that are not Let's Encrypt's. Only the numbers are taken over: when
 * they are checked and counted, and who is exempt, stays with the model.
 */
export function rulesOf(profile: LimitProfile): CaRules {
  const { limits, overrides, exemptions } = profile;
  const domainOverrides: Record<string, Allowance> = {};
  for (const { limit, for: domain, values } of overrides.toReversed()) {
    if (limit === 'certificates-per-domain') domainOverrides[domain] = given(values);
  }
  return {
    newOrders: allowance(limits['new-orders']),
    certificatesPerDomain: allowance(limits['certificates-per-domain']),
    domainOverrides,
    certificatesPerExactSet: allowance(limits['certificates-per-exact-set']),
    failedAuthorizations: allowance(limits['failed-authorizations']),
    consecutiveFailures: allowance(limits['consecutive-failures']),
    newOrderRequests: allowance(limits['new-order-requests']),
    renewalInfo: exemptions.ari,
    renewalDays: exemptions.sameNamesDays,
  };
}

function given({ burst, count, periodSeconds }: LimitValues): Allowance {
  return { burst, intervalSeconds: periodSeconds / count };
}

function allowance(values: LimitValues | null): Allowance | null {
  return values && given(values);
}
