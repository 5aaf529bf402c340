import { gcraLimit, valuesFor, type LimitProfile } from '../limits/limit-profile.js';
import { LIMIT_NAMES, type LimitName } from '../limits/limit-name.js';
import { limitRule } from '../limits/limit-rule.js';
import { cycleOf, renewalsAreExempt, type ForecastInput } from './forecast-input.js';
import { forecastRollout, type RolloutForecast } from './rollout-forecast.js';
import { policyOf } from './forecast-input.js';

/** How much of a limit the fleet takes when it is rolled out and only renews; by bucket for shared ones. */
export interface SteadyUse {
  readonly limitName: LimitName;
  /** The registered domain; `a device` for the buckets of one; the account or address otherwise. */
  readonly subject: string;
  readonly usedPerDay: number;
  readonly allowedPerDay: number;
  /** used / allowed. Above 1 the fleet does not fit. */
  readonly part: number;
}

/** A way to be done sooner. */
export interface ForecastOption {
  readonly kind: 'override' | 'domain' | 'public-suffix' | 'in-flight';
  /** A sentence: what to get. */
  readonly what: string;
  readonly endsAt: number;
}

export interface Forecast {
  readonly rollout: RolloutForecast;
  readonly renewalsPerDay: number;
  readonly steady: readonly SteadyUse[];
  /** Seconds to replace every certificate, as after a mass revocation. */
  readonly replaceAllSeconds: number;
  readonly options: readonly ForecastOption[];
}

const DAY = 86_400_000;
const YEAR = 365 * DAY;
const RENEWAL_INFO_POLLS_PER_DAY = 4;

/** When a rollout ends, what binds it, how much of the limits the fleet takes afterwards, and what would help. */
export function forecast(input: ForecastInput): Forecast {
  const rollout = forecastRollout(input);
  const policy = policyOf(input);
  const total = input.devices + input.established;
  const slots = Math.max(1, input.inFlightLimit * (1 - policy.slotsForManual - policy.slotsForNew));
  return {
    rollout,
    renewalsPerDay: (total / cycleOf(input)) * DAY,
    steady: LIMIT_NAMES.flatMap((name) => steadyUse(input, name)),
    replaceAllSeconds: (total / slots) * input.orderSeconds,
    options: optionsOf(input, rollout),
  };
}

function steadyUse(input: ForecastInput, limitName: LimitName): SteadyUse[] {
  const use = (subject: string, usedPerDay: number, bucketSubject = subject): SteadyUse[] => {
    const values = valuesFor(input.profile, limitName, bucketSubject);
    if (values === null) return [];
    const allowedPerDay = DAY / gcraLimit(values).intervalMilliseconds;
    return [{ limitName, subject, usedPerDay, allowedPerDay, part: usedPerDay / allowedPerDay }];
  };
  const total = input.devices + input.established;
  const cyclesPerDay = DAY / cycleOf(input);
  const ordersEach = 1 / (1 - input.failing);
  const spending = total * (renewalsAreExempt(input) ? (input.lapsing * DAY) / YEAR : cyclesPerDay);
  const requests = total * cyclesPerDay * ordersEach;
  switch (limitName) {
    case 'new-orders':
      return use(input.account, spending * ordersEach);
    case 'certificates-per-domain':
      return input.domains.flatMap(({ domain, part }) => (domain === undefined ? [] : use(domain, spending * part)));
    case 'certificates-per-exact-set':
      return use('a device', cyclesPerDay);
    case 'failed-authorizations':
    case 'consecutive-failures':
      return use('a device', (cyclesPerDay * input.failing) / (1 - input.failing));
    case 'new-order-requests':
    case 'new-nonce-requests':
      return use('a server', requests);
    case 'other-requests':
      return use('a server', requests * REQUESTS_PER_ORDER);
    case 'renewal-info-requests':
      return input.profile.exemptions.ari ? use('a server', total * RENEWAL_INFO_POLLS_PER_DAY) : [];
    case 'directory-requests':
      return use('a server', 1);
  }
}

/** Authorization, challenge, finalize, certificate, and polling between them. */
const REQUESTS_PER_ORDER = 10;

function optionsOf(input: ForecastInput, { binding, endsAt }: RolloutForecast): ForecastOption[] {
  const options: ForecastOption[] = [];
  const add = (kind: ForecastOption['kind'], what: string, changed: ForecastInput) => {
    const sooner = forecastRollout(changed).endsAt;
    if (sooner < endsAt) options.push({ kind, what, endsAt: sooner });
  };
  if (binding === 'in-flight') {
    const inFlightLimit = input.inFlightLimit * 2;
    add('in-flight', `Let ${inFlightLimit} orders be in flight at once.`, { ...input, inFlightLimit });
    return options;
  }
  const perWeek = overrideThatSuffices(input, binding.limitName);
  const { title } = limitRule(binding.limitName);
  const of = binding.limitName === 'certificates-per-domain' ? 'for every registered domain' : 'for the account';
  add('override', `An override of the limit on ${title} to ${perWeek.toLocaleString('en')} in 7 days ${of}.`, {
    ...input,
    profile: withLimit(input.profile, binding.limitName, perWeek),
  });
  if (binding.limitName === 'certificates-per-domain') {
    const count = input.domains.length + 1;
    const scale = (count - 1) / count;
    const spread = input.domains.map(({ domain, part }) => ({ domain, part: part * scale }));
    const domains = [...spread, { domain: 'one-more-domain.invalid', part: 1 / count }];
    add('domain', 'One more zone, in a registered domain of its own.', { ...input, domains });
    add(
      'public-suffix',
      'The zone in the private section of the Public Suffix List: every device then counts as a domain of its own.',
      { ...input, domains: [{ domain: undefined, part: 1 }] },
    );
  }
  return options;
}

/** The smallest count in 7 days with which this limit binds no more, or four times today's where nothing else binds. */
function overrideThatSuffices(input: ForecastInput, limitName: LimitName): number {
  const without = forecastRollout({ ...input, profile: withLimit(input.profile, limitName, undefined) });
  const days = (without.endsAt - input.now) / DAY;
  const { devices } = input;
  const most = limitName === 'certificates-per-domain' ? Math.max(...input.domains.map(({ part }) => part)) : 1;
  const perWeek = (devices * most * 7) / Math.max(days, 1);
  const step = perWeek > 1000 ? 1000 : 50;
  return Math.max(step, Math.ceil(perWeek / step) * step);
}

function withLimit(profile: LimitProfile, limitName: LimitName, perWeek: number | undefined): LimitProfile {
  const values = perWeek === undefined ? null : { burst: perWeek, count: perWeek, periodSeconds: 7 * 86_400 };
  return {
    ...profile,
    limits: { ...profile.limits, [limitName]: values },
    overrides: profile.overrides.filter((override) => override.limit !== limitName),
  };
}
