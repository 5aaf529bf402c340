import type { DataSource } from 'typeorm';

import { tokensAt } from '../../issuer/domain/limits/bucket.js';
import { splitBucketKey } from '../../issuer/domain/limits/bucket-key.js';
import { gcraLimit, valuesFor } from '../../issuer/domain/limits/limit-profile.js';
import { LIMIT_RULES } from '../../issuer/domain/limits/limit-rule.js';
import type { CaList } from '../../issuer/accounts/ca-list.js';
import type { LimitedCa } from '../../issuer/limits/ca-limits.js';
import type { Observation } from '../domain/alarm.js';

/** The limits that a whole fleet shares; the others concern single devices. */
const SHARED_LIMITS = ['new-orders', 'certificates-per-domain'] as const;

/** A shared bucket of the CA, as full as it is now. */
export interface BucketLevel {
  /** How people call the CA; '' where there is but one. */
  readonly ca: string;
  readonly limit: (typeof SHARED_LIMITS)[number];
  readonly subject: string;
  /** May be a fraction, and negative when more is reserved than there is. */
  readonly left: number;
  readonly burst: number;
}

type Queries = Pick<DataSource, 'query'>;

/** The buckets that were spent from. One without a row is full. */
export async function bucketLevels(database: Queries, cas: readonly LimitedCa[], now: Date): Promise<BucketLevel[]> {
  return (await Promise.all(cas.map((ca) => levelsAt(database, ca, now)))).flat();
}

async function levelsAt(database: Queries, ca: LimitedCa, now: Date): Promise<BucketLevel[]> {
  const rows = await database.query<{ key: string; tat: number; reserved: number }[]>(
    `SELECT key, tat, reserved FROM issuance_buckets WHERE ca = $1 AND split_part(key, ':', 1) = ANY ($2::text[]) ORDER BY key`,
    [ca.directoryUrl, SHARED_LIMITS],
  );
  return rows.flatMap(({ key, tat, reserved }) => {
    const { subject } = splitBucketKey(key);
    const limit = SHARED_LIMITS.find((name) => key.startsWith(`${name}:`));
    const values = limit && valuesFor(ca.profile, limit, subject);
    if (!values) return [];
    const left = tokensAt(gcraLimit(values), { tat, reserved }, now.getTime());
    return [{ ca: ca.caName ?? '', limit, subject, left, burst: values.burst }];
  });
}

export function observeLimits(levels: readonly BucketLevel[], leftFraction: number): Observation[] {
  return levels
    .filter(({ left, burst }) => left <= burst * leftFraction)
    .map(({ ca, limit, subject, left, burst }) => ({
      kind: 'limit.near',
      subject: { kind: 'limit', id: `${ca && `${ca} `}${limit}:${subject}`, name: subject },
      message: `${ca && `${ca}: `}The CA's limit on ${LIMIT_RULES[limit].title} is nearly used up for ${subject}: ${Math.max(0, Math.floor(left))} of ${burst} are left. New devices wait; renewals go on where the CA exempts them.`,
      data: { limit, left: Math.max(0, Math.floor(left)), burst },
    }));
}

interface WaitingRow {
  readonly ca: string;
  readonly reason_code: 'paused' | 'ca_unreachable';
  readonly orders: number;
  readonly reason: string | null;
}

interface KnownRow {
  readonly ca: string;
  /** Of a pause: the names, or '' for the account. */
  readonly names: readonly string[];
  readonly trouble: string | null;
}

/** What the orders that wait say of each CA, and what is known of it though they have gone to another one. */
export async function observeCas(database: Queries, list: CaList): Promise<Observation[]> {
  const [waiting, known] = await Promise.all([
    database.query<WaitingRow[]>(
      `SELECT coalesce(ca, $1) AS ca, reason_code, count(*)::int AS orders, min(reason) AS reason FROM issuance_orders
        WHERE status IN ('queued', 'deferred') AND reason_code IN ('paused', 'ca_unreachable') GROUP BY 1, 2`,
      [list.first.directoryUrl],
    ),
    database.query<KnownRow[]>(
      `SELECT ca, array_remove(array_agg(p.name ORDER BY p.name), NULL) AS names,
              min(c.trouble_detail) FILTER (WHERE c.trouble_cause = 'unreachable') AS trouble
         FROM issuance_cas c FULL JOIN issuance_pauses p USING (ca) GROUP BY ca`,
    ),
  ]);
  return list.all.flatMap(({ directoryUrl, name }) => {
    const ofCa = known.find(({ ca }) => ca === directoryUrl);
    const waitingFor = (code: WaitingRow['reason_code']): WaitingRow | undefined =>
      waiting.find(({ ca, reason_code }) => ca === directoryUrl && reason_code === code);
    const paused = waitingFor('paused');
    const unreached = waitingFor('ca_unreachable');
    const called = list.hasSeveral ? `${name}: ` : '';
    const subject = {
      kind: 'ca',
      id: directoryUrl,
      name: list.hasSeveral ? name : new URL(directoryUrl).host,
    } as const;
    const observations: Observation[] = [];
    if (paused || (ofCa && ofCa.names.length > 0)) {
      const message = `${called}${pauseText(ofCa?.names ?? [])}, and only an operator can end that, at the CA${waitingText(paused)}`;
      observations.push({ kind: 'ca.paused', subject, message, data: { orders: paused?.orders ?? 0 } });
    }
    if (unreached || ofCa?.trouble) {
      const message = `${called}The CA cannot be reached${waitingText(unreached)}`;
      observations.push({ kind: 'ca.unreachable', subject, message, data: { orders: unreached?.orders ?? 0 } });
    }
    return observations;
  });
}

function pauseText(names: readonly string[]): string {
  if (names.includes('')) return 'The CA has paused our account';
  if (names.length === 0) return 'The CA has paused our account or some names';
  const more = names.length > 3 ? ` and ${names.length - 3} more names` : '';
  return `The CA has paused ${names.slice(0, 3).join(', ')}${more}`;
}

function waitingText(row: WaitingRow | undefined): string {
  if (row === undefined) return '; no order waits for it.';
  return `: ${row.orders} ${row.orders === 1 ? 'order waits' : 'orders wait'}. ${row.reason ?? ''}`.trimEnd();
}
