import { describe, expect, it } from 'vitest';

import { aWaitingOrder, PlannerRun, START } from '../../../../test/support/planner.js';
import { primed } from '../limits/bucket.js';
import { bucketKey } from '../limits/bucket-key.js';
import { BUILTIN_PROFILES } from '../limits/builtin-profiles.js';
import { gcraLimit, type LimitProfile } from '../limits/limit-profile.js';
import { forecast } from './forecast.js';
import { domainParts, USUAL_FORECAST, type ForecastInput } from './forecast-input.js';
import { forecastRollout, rolledOutBy } from './rollout-forecast.js';

const DAY = 86_400_000;
const { letsencrypt, none } = BUILTIN_PROFILES;

const anInput = (input: Partial<ForecastInput> = {}): ForecastInput => ({
  ...USUAL_FORECAST,
  now: START,
  profile: letsencrypt,
  domains: domainParts(['d.example.com']),
  devices: 1000,
  lifetimeSeconds: 45 * 86_400,
  ...input,
});

const daysOf = (input: ForecastInput) => (forecastRollout(input).endsAt - START) / DAY;

const withOverride = (perWeek: number): LimitProfile => ({
  ...letsencrypt,
  overrides: [
    {
      limit: 'certificates-per-domain',
      for: 'example.com',
      values: { burst: perWeek, count: perWeek, periodSeconds: 604_800 },
    },
  ],
});

describe('the end of a rollout', () => {
  it('of 1,000 devices in one domain is 19 weeks away: the domain binds', () => {
    const { binding, endsAt } = forecastRollout(anInput());
    expect(binding).toMatchObject({ limitName: 'certificates-per-domain', subject: 'example.com' });
    expect((endsAt - START) / DAY / 7).toBeCloseTo(19, 0);
  });

  it('of 90,000 under an override is bound by the new orders of the account', () => {
    const { binding, endsAt } = forecastRollout(anInput({ devices: 90_000, profile: withOverride(30_000) }));
    expect(binding).toMatchObject({ limitName: 'new-orders' });
    expect((endsAt - START) / DAY).toBeCloseTo(((90_000 / 0.997 - 300 + 10) * 36) / 86_400, 1);
  });

  it('is that of the real planner', () => {
    const run = new PlannerRun(
      Array.from({ length: 260 }, (_, i) => aWaitingOrder({ zone: i % 2 ? 'd.example.com' : 'd.example.org' })),
    );
    run.run();
    const input = anInput({ devices: 260, domains: domainParts(['d.example.com', 'd.example.org']), failing: 0 });
    const actual = (run.started.at(-1)!.at - START) / DAY;
    expect(Math.abs(daysOf(input) - actual) / actual).toBeLessThan(0.01);
    const middle = START + (actual * DAY) / 2;
    const started = run.started.filter(({ at }) => at <= middle).length;
    expect(Math.abs(rolledOutBy(input, middle) - started)).toBeLessThanOrEqual(2);
  });

  it('is nearer with several registered domains, and no nearer with several zones in one', () => {
    const one = daysOf(anInput());
    expect(daysOf(anInput({ domains: domainParts(['a.example.com', 'b.example.com']) }))).toBe(one);
    expect(daysOf(anInput({ domains: domainParts(['d.example.com', 'd.example.org']) }))).toBeLessThan(0.5 * one);
  });

  it('does not wait for a domain limit where the zone is a public suffix', () => {
    const domains = domainParts(['github.io']);
    expect(domains).toEqual([{ domain: undefined, part: 1 }]);
    expect(forecastRollout(anInput({ domains })).binding).toMatchObject({ limitName: 'new-orders' });
  });

  it('takes the buckets as they are, and lets those go first who wait', () => {
    const key = bucketKey('certificates-per-domain', 'example.com');
    const limit = gcraLimit(letsencrypt.limits['certificates-per-domain']!);
    const full = daysOf(anInput());
    expect(daysOf(anInput({ buckets: new Map([[key, primed(limit, START, 0)]]) })) - full).toBeCloseTo(7, 5);
    expect(daysOf(anInput({ waiting: new Map([[key, 50]]) })) - full).toBeCloseTo(7, 5);
  });

  it('comes later the more devices return as new', () => {
    expect(daysOf(anInput({ established: 1000, lapsing: 0.5 }))).toBeGreaterThan(1.2 * daysOf(anInput()));
  });

  it('never comes where renewals are not exempt and take all that the domain gives', () => {
    const profile = { ...letsencrypt, exemptions: { ari: false, sameNamesDays: 0 } };
    expect(daysOf(anInput({ profile, devices: 100 }))).toBeLessThan(10);
    expect(daysOf(anInput({ profile, devices: 1000 }))).toBe(Infinity);
    expect(daysOf(anInput({ profile, devices: 10, established: 1000 }))).toBe(Infinity);
  });

  it('is a matter of orders in flight without limits', () => {
    const { binding, endsAt } = forecastRollout(anInput({ profile: none, devices: 95_000 }));
    expect(binding).toBe('in-flight');
    expect((endsAt - START) / 1000).toBeCloseTo((95_000 / 47.5) * 13, 3);
  });

  it('is now for no devices', () => {
    expect(daysOf(anInput({ devices: 0 }))).toBe(0);
  });
});

describe('the forecast', () => {
  it('says how much of each limit the fleet takes when it only renews', () => {
    const { steady, renewalsPerDay } = forecast(anInput({ devices: 90_000, lapsing: 0.01 }));
    const part = (name: string) => steady.find(({ limitName }) => limitName === name)!.part;
    expect(renewalsPerDay).toBeCloseTo(3000, 6);
    expect(part('certificates-per-domain')).toBeCloseTo(900 / 365 / (50 / 7), 6);
    expect(part('new-orders')).toBeCloseTo(900 / 0.997 / 365 / 2400, 6);
    expect(part('certificates-per-exact-set')).toBeCloseTo(1 / 30 / (5 / 7), 6);
    expect(part('failed-authorizations')).toBeLessThan(0.001);
    expect(new Set(steady.map(({ limitName }) => limitName)).size).toBe(10);
    expect(forecast(anInput({ profile: none })).steady).toEqual([]);
  });

  it('says that a fleet does not fit whose renewals are not exempt', () => {
    const profile = { ...letsencrypt, exemptions: { ari: false, sameNamesDays: 0 } };
    const { steady } = forecast(anInput({ profile, devices: 0, established: 1000 }));
    expect(steady.find(({ limitName }) => limitName === 'certificates-per-domain')!.part).toBeGreaterThan(1);
  });

  it('says what an override, another domain or the Public Suffix List would buy', () => {
    const { options, rollout } = forecast(anInput({ devices: 9000 }));
    expect(options.map(({ kind }) => kind)).toEqual(['override', 'domain', 'public-suffix']);
    const [override, domain, suffix] = options.map(({ endsAt }) => (endsAt - START) / DAY);
    const days = (rollout.endsAt - START) / DAY;
    expect(domain! / days).toBeCloseTo(1 / 2, 2);
    expect(suffix).toBeCloseTo(3.6, 1);
    expect(override).toBeCloseTo(suffix!, 0);
    expect(options[0]!.what).toMatch(/to [\d,]+ in 7 days for every registered domain/);
  });

  it('asks for more in flight where nothing else binds', () => {
    const { options } = forecast(anInput({ profile: none, devices: 10_000 }));
    expect(options.map(({ kind }) => kind)).toEqual(['in-flight']);
  });

  it('says how long it takes to replace everything', () => {
    const { replaceAllSeconds } = forecast(anInput({ devices: 0, established: 85_000 }));
    expect(replaceAllSeconds).toBeCloseTo((85_000 / 42.5) * 13, 3);
  });
});
