import type { CaProblem } from '../failure.js';
import { splitBucketKey, type BucketKey } from './bucket-key.js';
import type { OrderLimitName } from './limit-name.js';
import type { Spend } from './order-spends.js';

/** The anchors of the documentation page by which the CA's messages name a limit, with those of older editions. */
const ANCHORS: readonly (readonly [string, OrderLimitName])[] = [
  ['#new-orders-per-account', 'new-orders'],
  ['#new-certificates-per-registered-domain', 'certificates-per-domain'],
  ['#new-certificates-per-exact-set-of-identifiers', 'certificates-per-exact-set'],
  ['#new-certificates-per-exact-set-of-hostnames', 'certificates-per-exact-set'],
  ['#consecutive-authorization-failures-per-identifier-per-account', 'consecutive-failures'],
  ['#consecutive-authorization-failures-per-hostname-per-account', 'consecutive-failures'],
  ['#authorization-failures-per-identifier-per-account', 'failed-authorizations'],
  ['#authorization-failures-per-hostname-per-account', 'failed-authorizations'],
];

/** The limit that a 429 names by the documentation's address in its detail; undefined: none that an order spends. */
export function refusedLimit(problem: CaProblem): OrderLimitName | undefined {
  return ANCHORS.find(([anchor]) => problem.detail.includes(anchor))?.[1];
}

/**
 * The buckets that the refusal speaks of, among all that the order spends: those of the limit, and of them the ones
 * whose subject the message quotes where it quotes any.
 */
export function refusedBuckets(problem: CaProblem, spends: readonly Spend[]): readonly Spend[] {
  const limit = refusedLimit(problem);
  const named = spends.filter(({ limitName }) => limitName === limit);
  const quoted = named.filter(({ key }) => problem.detail.includes(JSON.stringify(shownSubject(key))));
  return quoted.length > 0 ? quoted : named;
}

/** A name without its account. */
function shownSubject(key: BucketKey): string {
  const { subject } = splitBucketKey(key);
  const at = subject.indexOf('@');
  return at < 0 ? subject : subject.slice(0, at);
}
