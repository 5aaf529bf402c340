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
