import type { LimitName } from './limit-name.js';

/** What one bucket of a limit belongs to. */
export type LimitScope = 'account' | 'registered-domain' | 'exact-set' | 'name-and-account' | 'source-address';

/** Why the CA lets an order pass a limit: RFC 9773 section 5, or the same names within the last 120 days. */
export type Exemption = 'ari' | 'same-names';

/** What holds of a limit at every CA that has it; the numbers are in the profile. */
export interface LimitRule {
  readonly scope: LimitScope;
  /** What costs one: an order, each registered domain in it, each of its names, or a request. */
  readonly costsOnePer: 'order' | 'registered domain' | 'name' | 'request';
  /** Looked at before the order is made; a refused one spends nothing. */
  readonly checkedAt: 'new-order' | 'request';
  /** When the CA itself counts it. We reserve at newOrder whatever stands here, and settle at this moment. */
  readonly spentAt: 'new-order' | 'issuance' | 'failed-authorization' | 'request';
  /** What ends a reservation without spending it. */
  readonly givenBackWhen: 'the order was not made' | 'no certificate came' | 'the authorization succeeded' | 'never';
  /** Orders that need not pass it. */
  readonly exempt: readonly Exemption[];
  /** Exempt orders that fill the bucket all the same. */
  readonly filledThoughExempt: readonly Exemption[];
  /** A success empties the bucket (RFC 8555 knows nothing of it: it is how the CA counts "consecutive"). */
  readonly emptiedBySuccess: boolean;
  /** For messages: "the limit on …". */
  readonly title: string;
}

/**
 * The failure limits name no exemption although the CA does not look at them for an ARI renewal: its failures are
 * counted all the same and end in "paused", so that we always look.
 */
export const LIMIT_RULES = {
  'new-orders': {
    scope: 'account',
    costsOnePer: 'order',
    checkedAt: 'new-order',
    spentAt: 'new-order',
    givenBackWhen: 'the order was not made',
    exempt: ['ari', 'same-names'],
    filledThoughExempt: [],
    emptiedBySuccess: false,
    title: 'new orders of the account',
  },
  'certificates-per-domain': {
    scope: 'registered-domain',
    costsOnePer: 'registered domain',
    checkedAt: 'new-order',
    spentAt: 'issuance',
    givenBackWhen: 'no certificate came',
    exempt: ['ari', 'same-names'],
    filledThoughExempt: [],
    emptiedBySuccess: false,
    title: 'new certificates in a registered domain',
  },
  'certificates-per-exact-set': {
    scope: 'exact-set',
    costsOnePer: 'order',
    checkedAt: 'new-order',
    spentAt: 'issuance',
    givenBackWhen: 'no certificate came',
    exempt: ['ari'],
    filledThoughExempt: ['ari'],
    emptiedBySuccess: false,
    title: 'certificates for exactly the same names',
  },
  'failed-authorizations': {
    scope: 'name-and-account',
    costsOnePer: 'name',
    checkedAt: 'new-order',
    spentAt: 'failed-authorization',
    givenBackWhen: 'the authorization succeeded',
    exempt: [],
    filledThoughExempt: [],
    emptiedBySuccess: false,
    title: 'failed validations of a name',
  },
  'consecutive-failures': {
    scope: 'name-and-account',
    costsOnePer: 'name',
    checkedAt: 'new-order',
    spentAt: 'failed-authorization',
    givenBackWhen: 'the authorization succeeded',
    exempt: [],
    filledThoughExempt: [],
    emptiedBySuccess: true,
    title: 'failed validations of a name without one success between them',
  },
  'new-nonce-requests': requests('requests for a nonce'),
  'new-order-requests': requests('newOrder requests'),
  'renewal-info-requests': requests('renewalInfo requests'),
  'other-requests': requests('all other requests'),
  'directory-requests': requests('directory requests'),
} as const satisfies Record<LimitName, LimitRule>;

/** Limits of the CA's front door: excess is 503 with Retry-After, nobody is exempt. */
function requests(title: string) {
  return {
    scope: 'source-address',
    costsOnePer: 'request',
    checkedAt: 'request',
    spentAt: 'request',
    givenBackWhen: 'never',
    exempt: [],
    filledThoughExempt: [],
    emptiedBySuccess: false,
    title,
  } as const satisfies LimitRule;
}

/** The rule under its plain type, for code that walks over the limits. */
export function limitRule(name: LimitName): LimitRule {
  return LIMIT_RULES[name];
}
