import { addSeconds } from '../../kernel/clock.js';
import { goDuration, goTimestamp } from './go-time.js';
import { AcmeRefusal } from './problem.js';
import type { LimitName, LimitTransaction } from './rate-limits.js';

interface LimitText {
  /** `%b` the burst, `%s` the subject, `%p` the period: Boulder's sentences, which clients look for. */
  readonly sentence: string;
  /** The documentation page's anchor, by which clients tell the limits apart. */
  readonly anchor: string;
}

const LIMIT_TEXTS = {
  newOrdersPerAccount: {
    sentence: 'too many new orders (%b) from this account in the last %p',
    anchor: 'new-orders-per-account',
  },
  certificatesPerDomain: {
    sentence: 'too many certificates (%b) already issued for %s in the last %p',
    anchor: 'new-certificates-per-registered-domain',
  },
  certificatesPerExactSet: {
    sentence: 'too many certificates (%b) already issued for this exact set of identifiers in the last %p',
    anchor: 'new-certificates-per-exact-set-of-identifiers',
  },
  failedAuthorizations: {
    sentence: 'too many failed authorizations (%b) for %s in the last %p',
    anchor: 'authorization-failures-per-identifier-per-account',
  },
  consecutiveFailedAuthorizations: {
    sentence: 'too many consecutive failed authorizations (%b) for %s',
    anchor: 'consecutive-authorization-failures-per-identifier-per-account',
  },
  newAccountsPerAddress: {
    sentence: 'too many new registrations (%b) from this IP address in the last %p',
    anchor: 'new-registrations-per-ip-address',
  },
  newAccountsPerIpv6Range: {
    sentence: 'too many new registrations (%b) from this /48 subnet of IPv6 addresses in the last %p',
    anchor: 'new-registrations-per-ipv6-range',
  },
} as const satisfies Record<LimitName, LimitText>;

export interface LimitRefusalContext {
  readonly now: Date;
  /** The page that describes the limits; the anchor is added to it. */
  readonly documentationUrl: string;
  /** 0 to 1: up to 3 % is added, so that those refused together do not come back together. */
  readonly jitter: number;
}

/** The 429 of a limit (RFC 8555 section 6.6), with `Retry-After` in seconds and the page that names the limit. */
export function limitRefusal(
  transaction: LimitTransaction,
  retryAfterMilliseconds: number,
  context: LimitRefusalContext,
): AcmeRefusal {
  const { spec, limit, shownSubject } = transaction;
  const { sentence, anchor } = LIMIT_TEXTS[limit];
  const seconds = Math.ceil((retryAfterMilliseconds * (1 + 0.03 * context.jitter)) / 1000);
  const text = sentence
    .replace('%b', String(spec.burst))
    .replace('%s', () => JSON.stringify(shownSubject))
    .replace('%p', goDuration(spec.periodSeconds * 1000));
  const retryAt = goTimestamp(addSeconds(context.now, seconds));
  return new AcmeRefusal(
    {
      type: 'rateLimited',
      detail: `${text}, retry after ${retryAt}: see ${context.documentationUrl}#${anchor}`,
    },
    { 'retry-after': String(seconds), link: `<${context.documentationUrl}>;rel="help"` },
  );
}

/**
 * The refusal of names that were paused after too many failures in a row. There is no `Retry-After`: only an operator
 * ends a pause.
 */
export function pausedRefusal(names: readonly string[], unpauseUrl: string): AcmeRefusal {
  return new AcmeRefusal({
    type: 'rateLimited',
    detail: `Your account is temporarily prevented from requesting certificates for ${names.join(', ')} and possibly others. Please visit: ${unpauseUrl}`,
  });
}
