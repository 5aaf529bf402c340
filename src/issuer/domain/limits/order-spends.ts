import type { GcraLimit } from '../../../kernel/gcra.js';
import { bucketKey, exactSetSubject, nameAndAccountSubject, type BucketKey } from './bucket-key.js';
import { ORDER_LIMITS, type LimitName, type OrderLimitName } from './limit-name.js';
import { gcraLimit, valuesFor, type LimitProfile } from './limit-profile.js';
import { limitRule, type Exemption, type LimitScope } from './limit-rule.js';
import { registeredDomains } from './registered-domain.js';

/** One bucket that an order reserves from at the claim. */
export interface Spend {
  readonly key: BucketKey;
  readonly limitName: LimitName;
  readonly limit: GcraLimit;
  readonly cost: number;
  /** False: the bucket is filled although the order is exempt; it never waits for it. */
  readonly checked: boolean;
}

/** Whose buckets an order's names spend: worked out once and stored with the order. Names are normalized. */
export interface OrderSubjects {
  readonly names: readonly string[];
  /** `registeredDomains(names)` */
  readonly domains: readonly string[];
  /** `exactSetSubject(names)` */
  readonly exactSet: string;
}

export function orderSubjects(names: readonly string[]): OrderSubjects {
  return { names, domains: registeredDomains(names), exactSet: exactSetSubject(names) };
}

/** The buckets of one order for one limit, or none. `account` is the ACME account's URL. */
function subjectsOf(scope: LimitScope, order: OrderSubjects, account: string): readonly string[] {
  switch (scope) {
    case 'account':
      return [account];
    case 'registered-domain':
      return order.domains;
    case 'exact-set':
      return [order.exactSet];
    case 'name-and-account':
      if (order.names.length === 1) return [nameAndAccountSubject(order.names[0]!, account)];
      return [...new Set(order.names.map((name) => nameAndAccountSubject(name, account)))];
    case 'source-address':
      return [];
  }
}

/** The limits that an order with this exemption touches, and whether it has to pass them. */
export function touchedLimits(
  exemption: Exemption | undefined,
): readonly { readonly name: OrderLimitName; readonly checked: boolean }[] {
  return TOUCHED[exemption ?? 'none'];
}

function touched(exemption: Exemption | undefined) {
  return ORDER_LIMITS.flatMap((name) => {
    const rule = limitRule(name);
    const exempt = exemption !== undefined && rule.exempt.includes(exemption);
    if (exempt && !rule.filledThoughExempt.includes(exemption)) return [];
    return [{ name, checked: !exempt }];
  });
}

const TOUCHED = { none: touched(undefined), ari: touched('ari'), 'same-names': touched('same-names') };

/** Every bucket that the order reserves from when it is claimed. */
export function orderSpends(
  profile: LimitProfile,
  account: string,
  order: OrderSubjects,
  exemption: Exemption | undefined,
): Spend[] {
  const spends: Spend[] = [];
  for (const { name, checked } of touchedLimits(exemption)) {
    if (profile.limits[name] === null && profile.overrides.length === 0) continue;
    for (const subject of subjectsOf(limitRule(name).scope, order, account)) {
      const values = valuesFor(profile, name, subject);
      if (values === null) continue;
      spends.push({ key: bucketKey(name, subject), limitName: name, limit: gcraLimit(values), cost: 1, checked });
    }
  }
  return spends;
}

/** Is a bucket of this limit shared by many orders (and not one device's own)? */
export function isShared(name: LimitName): boolean {
  const { scope } = limitRule(name);
  return scope === 'account' || scope === 'registered-domain';
}
