/** What the holder of a certificate gets under a name that the directory lists (profiles draft). */
export interface Profile {
  /** Shown in the directory. */
  readonly description: string;
  readonly lifetimeSeconds: number;
  readonly maxNames: number;
  /** Repeat a name as the subject's common name, and keep a subject key identifier: what old software wants. */
  readonly legacyFields: boolean;
  /** How long a new order may wait to be finalized. */
  readonly orderSeconds: number;
  /** How long a new authorization may wait for its challenge. */
  readonly pendingAuthorizationSeconds: number;
  /** How long an authorization can be used again once it is valid. */
  readonly authorizationReuseSeconds: number;
}

const HOUR = 3600;
const DAY = 86_400;

/** Let's Encrypt's three, with authorization reuse as it will be for all of them. */
export const DEFAULT_PROFILES = {
  classic: {
    description: 'The same profile that is used when none is named: 90 days',
    lifetimeSeconds: 90 * DAY,
    maxNames: 100,
    legacyFields: true,
    orderSeconds: 7 * DAY,
    pendingAuthorizationSeconds: 7 * DAY,
    authorizationReuseSeconds: 7 * HOUR,
  },
  tlsserver: {
    description: 'For TLS servers: 45 days, no common name, at most 25 names',
    lifetimeSeconds: 45 * DAY,
    maxNames: 25,
    legacyFields: false,
    orderSeconds: 8 * HOUR,
    pendingAuthorizationSeconds: HOUR,
    authorizationReuseSeconds: 7 * HOUR,
  },
  shortlived: {
    description: 'Like tlsserver, but for 160 hours',
    lifetimeSeconds: 160 * HOUR,
    maxNames: 25,
    legacyFields: false,
    orderSeconds: 8 * HOUR,
    pendingAuthorizationSeconds: HOUR,
    authorizationReuseSeconds: 7 * HOUR,
  },
} as const satisfies Record<string, Profile>;
