import type { GcraLimit } from '../../../kernel/gcra.js';
import { FULL_BUCKET, timeOfNth, tokensAt, type BucketState } from '../limits/bucket.js';
import { bucketKey, type BucketKey } from '../limits/bucket-key.js';
import type { LimitName } from '../limits/limit-name.js';
import { gcraLimit, valuesFor } from '../limits/limit-profile.js';
import { cycleOf, policyOf, renewalsAreExempt, type ForecastInput } from './forecast-input.js';
import { keptBack } from './planner-policy.js';

/** One shared bucket that the rollout drinks from. */
export interface BucketForecast {
  readonly key: BucketKey;
  readonly limitName: LimitName;
  readonly subject: string;
  readonly limit: GcraLimit;
  /** Tokens that the rollout and what waits before it take. */
  readonly needed: number;
  /** Tokens a millisecond that other things take: renewals that are not exempt, devices that come back as new. */
  readonly drain: number;
  /** When it has given them all; Infinity: the renewals alone take more than it gives. */
  readonly endsAt: number;
}

export interface RolloutForecast {
  /** When the last device has its certificate; Infinity: never. */
  readonly endsAt: number;
  /** What it waits for longest: a bucket, or the orders that may be in flight. */
  readonly binding: BucketForecast | 'in-flight';
  readonly buckets: readonly BucketForecast[];
}

const YEAR = 365 * 86_400_000;
const DOMAIN_LIMIT = 'certificates-per-domain' satisfies LimitName;

export function forecastRollout(input: ForecastInput): RolloutForecast {
  const buckets = bucketForecasts(input);
  const slots = input.inFlightLimit * (1 - policyOf(input).slotsForManual);
  const orderMilliseconds = input.orderSeconds * 1000;
  let endsAt = input.now + (input.devices / Math.max(1, slots)) * orderMilliseconds;
  let binding: RolloutForecast['binding'] = 'in-flight';
  for (const bucket of buckets) if (bucket.endsAt > endsAt) [endsAt, binding] = [bucket.endsAt, bucket];
  return { endsAt: endsAt + (binding === 'in-flight' ? 0 : orderMilliseconds), binding, buckets };
}

/** How many of the new devices have their certificate at `time`. */
export function rolledOutBy(input: ForecastInput, time: number): number {
  const { buckets, endsAt } = forecastRollout(input);
  if (time >= endsAt) return input.devices;
  let devices = 0;
  for (const { domain, part } of input.domains) {
    const bucket = buckets.find(({ limitName, subject }) => limitName === DOMAIN_LIMIT && subject === domain);
    devices += bucket ? Math.min(input.devices * part, tokensBy(input, bucket, time)) : input.devices * part;
  }
  for (const bucket of buckets) {
    if (bucket.limitName !== DOMAIN_LIMIT)
      devices = Math.min(devices, tokensBy(input, bucket, time) * (1 - input.failing));
  }
  return Math.max(0, Math.floor(devices));
}

function bucketForecasts(input: ForecastInput): BucketForecast[] {
  const { account, devices, domains, established, failing, lapsing } = input;
  // A failed try has cost its new order, and comes back: 1 + p + p² + … orders a certificate.
  const ordersEach = 1 / (1 - failing);
  const returning = (lapsing * (established + devices / 2)) / YEAR;
  const renewing = renewalsAreExempt(input) ? 0 : established / cycleOf(input);
  const orders = devices * ordersEach;
  const subjects: (readonly [LimitName, string, number, number])[] = [
    ['new-orders', account, orders, (returning + renewing) * ordersEach],
  ];
  for (const { domain, part } of domains) {
    if (domain !== undefined) subjects.push([DOMAIN_LIMIT, domain, devices * part, (returning + renewing) * part]);
  }
  return subjects.flatMap((subject) => forecastOf(input, ...subject) ?? []);
}

function forecastOf(
  input: ForecastInput,
  limitName: LimitName,
  subject: string,
  count: number,
  drain: number,
): BucketForecast | undefined {
  const values = valuesFor(input.profile, limitName, subject);
  if (values === null) return undefined;
  const key = bucketKey(limitName, subject);
  const limit = gcraLimit(values);
  const needed = Math.ceil(count - 1e-6) + (input.waiting?.get(key) ?? 0);
  const forecast = { key, limitName, subject, limit, needed, drain };
  return { ...forecast, endsAt: needed === 0 ? input.now : endOf(input, forecast) };
}

function endOf(input: ForecastInput, bucket: Omit<BucketForecast, 'endsAt'>): number {
  const { limit, needed, drain } = bucket;
  const interval = limit.intervalMilliseconds;
  const free = 1 - drain * interval;
  if (free <= 0) return Infinity;
  const first = timeOfNth(limit, stateOf(input, bucket.key), input.now, needed, keptOf(input, limit));
  const endsAt = input.now + (first - input.now) / free;
  // Where renewals spend, the bucket carries as many devices as it gives tokens in a cycle, and no more.
  const carries = renewalsAreExempt(input) || needed * interval <= cycleOf(input) * free;
  return carries ? endsAt : Infinity;
}

/** Tokens that the new devices get until `time`, after those that wait before them. */
function tokensBy(input: ForecastInput, bucket: BucketForecast, time: number): number {
  const { limit, drain } = bucket;
  const at = tokensAt(limit, stateOf(input, bucket.key), input.now) - keptOf(input, limit);
  const free = 1 - drain * limit.intervalMilliseconds;
  const before = input.waiting?.get(bucket.key) ?? 0;
  return Math.max(0, Math.floor(at + ((time - input.now) * free) / limit.intervalMilliseconds) - before);
}

function stateOf(input: ForecastInput, key: BucketKey): BucketState {
  return input.buckets?.get(key) ?? FULL_BUCKET;
}

function keptOf(input: ForecastInput, limit: GcraLimit): number {
  return keptBack(policyOf(input), limit.burst, { share: 'new', atRisk: false }, { manual: false, new: true });
}
