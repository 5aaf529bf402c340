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

/** What an order's spends depend on. `names` are normalized; `account` is the ACME account's URL. */
export interface OrderNames {
  readonly names: readonly string[];
  readonly account: string;
}

/** The buckets of one order for one limit, or none. */
function subjectsOf(scope: LimitScope, order: OrderNames): readonly string[] {
  switch (scope) {
    case 'account':
      return [order.account];
    case 'registered-domain':
      return registeredDomains(order.names);
    case 'exact-set':
      return [exactSetSubject(order.names)];
    case 'name-and-account':
      return [...new Set(order.names.map((name) => nameAndAccountSubject(name, order.account)))];
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
export function orderSpends(profile: LimitProfile, order: OrderNames, exemption: Exemption | undefined): Spend[] {
  const spends: Spend[] = [];
  for (const { name, checked } of touchedLimits(exemption)) {
    if (profile.limits[name] === null && profile.overrides.length === 0) continue;
    for (const subject of subjectsOf(limitRule(name).scope, order)) {
      const values = valuesFor(profile, name, subject);
      if (values === null) continue;
      spends.push({ key: bucketKey(name, subject), limitName: name, limit: gcraLimit(values), cost: 1, checked });
    }
  }
  return spends;
}
