import type { LimitName } from './limit-name.js';
import type { LimitProfile, LimitValues } from './limit-profile.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

const perSecond = (count: number, burst: number): LimitValues => ({ burst, count, periodSeconds: 1 });

/** https://letsencrypt.org/docs/rate-limits/ as of 2026. */
const LETSENCRYPT: LimitProfile = {
  name: 'letsencrypt',
  limits: {
    'new-orders': { burst: 300, count: 300, periodSeconds: 3 * HOUR },
    'certificates-per-domain': { burst: 50, count: 50, periodSeconds: 7 * DAY },
    'certificates-per-exact-set': { burst: 5, count: 5, periodSeconds: 7 * DAY },
    'failed-authorizations': { burst: 5, count: 5, periodSeconds: HOUR },
    'consecutive-failures': { burst: 1152, count: 1, periodSeconds: DAY },
    'new-nonce-requests': perSecond(20, 10),
    'new-order-requests': perSecond(300, 200),
    'renewal-info-requests': perSecond(1000, 100),
    'other-requests': perSecond(250, 125),
    'directory-requests': perSecond(40, 40),
  } satisfies Record<LimitName, LimitValues>,
  overrides: [],
  exemptions: { ari: true, sameNamesDays: 120 },
};

/**
 * https://letsencrypt.org/docs/staging-environment/. Where the published numbers differ between editions of the page,
 * the smaller one stands here: it costs nothing on staging, and is never refused.
 */
const LETSENCRYPT_STAGING: LimitProfile = {
  name: 'letsencrypt-staging',
  limits: {
    'new-orders': { burst: 1500, count: 1500, periodSeconds: 3 * HOUR },
    'certificates-per-domain': { burst: 30_000, count: 30_000, periodSeconds: 7 * DAY },
    'certificates-per-exact-set': { burst: 30_000, count: 30_000, periodSeconds: 7 * DAY },
    'failed-authorizations': { burst: 60, count: 60, periodSeconds: HOUR },
    'consecutive-failures': { burst: 1152, count: 1, periodSeconds: DAY },
    'new-nonce-requests': perSecond(20, 10),
    'new-order-requests': perSecond(20, 40),
    'renewal-info-requests': perSecond(1000, 100),
    'other-requests': perSecond(20, 20),
    'directory-requests': perSecond(40, 40),
  } satisfies Record<LimitName, LimitValues>,
  overrides: [],
  exemptions: { ari: true, sameNamesDays: 120 },
};

const NONE: LimitProfile = {
  name: 'none',
  limits: {
    'new-orders': null,
    'certificates-per-domain': null,
    'certificates-per-exact-set': null,
    'failed-authorizations': null,
    'consecutive-failures': null,
    'new-nonce-requests': null,
    'new-order-requests': null,
    'renewal-info-requests': null,
    'other-requests': null,
    'directory-requests': null,
  } satisfies Record<LimitName, null>,
  overrides: [],
  exemptions: { ari: false, sameNamesDays: 0 },
};

export const BUILTIN_PROFILE_NAMES = ['letsencrypt', 'letsencrypt-staging', 'none'] as const;

export type BuiltinProfileName = (typeof BUILTIN_PROFILE_NAMES)[number];

export const BUILTIN_PROFILES = {
  letsencrypt: LETSENCRYPT,
  'letsencrypt-staging': LETSENCRYPT_STAGING,
  none: NONE,
} as const satisfies Record<BuiltinProfileName, LimitProfile>;

export function isBuiltinProfileName(text: string): text is BuiltinProfileName {
  return (BUILTIN_PROFILE_NAMES as readonly string[]).includes(text);
}
