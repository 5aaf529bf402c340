import type { DataSource } from 'typeorm';

import { tokensAt } from '../../issuer/domain/limits/bucket.js';
import { splitBucketKey } from '../../issuer/domain/limits/bucket-key.js';
import { gcraLimit, type LimitProfile, valuesFor } from '../../issuer/domain/limits/limit-profile.js';
import { LIMIT_RULES } from '../../issuer/domain/limits/limit-rule.js';
import type { Observation } from '../domain/alarm.js';

/** The limits that a whole fleet shares; the others concern single devices. */
const SHARED_LIMITS = ['new-orders', 'certificates-per-domain'] as const;

/** A shared bucket of the CA, as full as it is now. */
export interface BucketLevel {
  readonly limit: (typeof SHARED_LIMITS)[number];
  readonly subject: string;
  /** May be a fraction, and negative when more is reserved than there is. */
  readonly left: number;
  readonly burst: number;
}

type Queries = Pick<DataSource, 'query'>;

/** The buckets that were spent from. One without a row is full. */
export async function bucketLevels(
  database: Queries,
  ca: string,
  profile: LimitProfile,
  now: Date,
): Promise<BucketLevel[]> {
  const rows = await database.query<{ key: string; tat: number; reserved: number }[]>(
    `SELECT key, tat, reserved FROM issuance_buckets WHERE ca = $1 AND split_part(key, ':', 1) = ANY ($2::text[]) ORDER BY key`,
    [ca, SHARED_LIMITS],
  );
  return rows.flatMap(({ key, tat, reserved }) => {
    const { subject } = splitBucketKey(key);
    const limit = SHARED_LIMITS.find((name) => key.startsWith(`${name}:`));
    const values = limit && valuesFor(profile, limit, subject);
    if (!values) return [];
    return [
      { limit, subject, left: tokensAt(gcraLimit(values), { tat, reserved }, now.getTime()), burst: values.burst },
    ];
  });
}

export function observeLimits(levels: readonly BucketLevel[], leftFraction: number): Observation[] {
  return levels
    .filter(({ left, burst }) => left <= burst * leftFraction)
    .map(({ limit, subject, left, burst }) => ({
      kind: 'limit.near',
      subject: { kind: 'limit', id: `${limit}:${subject}`, name: subject },
      message: `The CA's limit on ${LIMIT_RULES[limit].title} is nearly used up for ${subject}: ${Math.max(0, Math.floor(left))} of ${burst} are left. New devices wait; renewals go on where the CA exempts them.`,
      data: { limit, left: Math.max(0, Math.floor(left)), burst },
    }));
}

interface WaitingRow {
  readonly reason_code: 'paused' | 'ca_unreachable';
  readonly orders: number;
  readonly reason: string | null;
}

/** What the orders that wait say of the CA. */
export async function observeCa(database: Queries, ca: string): Promise<Observation[]> {
  const rows = await database.query<WaitingRow[]>(
    `SELECT reason_code, count(*)::int AS orders, min(reason) AS reason FROM issuance_orders
      WHERE status IN ('queued', 'deferred') AND reason_code IN ('paused', 'ca_unreachable') GROUP BY reason_code`,
  );
  return rows.map(({ reason_code, orders, reason }) => {
    const isPaused = reason_code === 'paused';
    const what = isPaused
      ? 'The CA has paused our account or some names, and only an operator can end that, at the CA'
      : 'The CA cannot be reached';
    return {
      kind: isPaused ? 'ca.paused' : 'ca.unreachable',
      subject: { kind: 'ca', id: ca, name: new URL(ca).host },
      message: `${what}: ${orders} ${orders === 1 ? 'order waits' : 'orders wait'}. ${reason ?? ''}`.trimEnd(),
      data: { orders },
    };
  });
}
