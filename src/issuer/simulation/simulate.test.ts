import { describe, expect, it } from 'vitest';

import { BUILTIN_PROFILES } from '../domain/limits/builtin-profiles.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import { domainParts, USUAL_FORECAST, type ForecastInput } from '../domain/planner/forecast-input.js';
import { forecastRollout, rolledOutBy } from '../domain/planner/rollout-forecast.js';
import { LETSENCRYPT_RULES, type CaRules } from './ca-rules.js';
import { USUAL_HABITS } from './device-model.js';
import { aScenario, DAY, SIMULATION_START, type Scenario } from './scenario.js';
import { simulate } from './simulate.js';

const WEEK = 604_800;
const { letsencrypt, none } = BUILTIN_PROFILES;

/** Let's Encrypt with so many certificates a week in example.com: as the planner sees it, and as the CA does. */
function withOverride(perWeek: number): { profile: LimitProfile; rules: CaRules } {
  const values = { burst: perWeek, count: perWeek, periodSeconds: WEEK };
  return {
    profile: { ...letsencrypt, overrides: [{ limit: 'certificates-per-domain', for: 'example.com', values }] },
    rules: {
      ...LETSENCRYPT_RULES,
      domainOverrides: { 'example.com': { burst: perWeek, intervalSeconds: WEEK / perWeek } },
    },
  };
}

const atLetsEncrypt = { profile: letsencrypt, rules: LETSENCRYPT_RULES };
const THREE_ZONES = ['d.example.com', 'd.example.org', 'd.example.net'];

/** Every device is always reachable and nothing fails: what is left is the planner's own doing. */
const CALM: Partial<Scenario> = {
  habits: { ...USUAL_HABITS, awake: 1, longSilence: 0, failure: 0, faulty: 0 },
  outages: [],
  revocation: undefined,
};

const RULES_WITHOUT_LIMITS: CaRules = {
  ...LETSENCRYPT_RULES,
  newOrders: null,
  certificatesPerDomain: null,
  certificatesPerExactSet: null,
  failedAuthorizations: null,
  consecutiveFailures: null,
  newOrderRequests: null,
};

describe('a simulated year', () => {
  const scenario = aScenario({ devices: 1500, ...withOverride(170) });
  const report = simulate(scenario);

  it('sees no refusal by the CA', () => {
    expect(report.refusalsByLimit).toEqual({});
    expect(report.issued).toBeGreaterThan(15_000);
    expect(report.failed).toBeGreaterThan(20);
  });

  it('sees no certificate end on a device that was reachable, nor one replaced too late after a revocation', () => {
    expect(report.expiries.reachable).toBe(0);
    expect(report.revokedLate).toBe(0);
    expect(report.revocationHours).toBeLessThan(24);
    expect(report.mostIssuedADay).toBeGreaterThan(1400);
    expect(report.serverRenewals).toBeGreaterThan(100);
    expect(report.lapses).toBeGreaterThan(0);
  });

  it('ends its rollout within 1.01 of what the refill rate allows', () => {
    const least = ((1500 - 170) / 170) * 7;
    expect(report.rolledOut).toBe(1500);
    expect(report.rolloutDays! / least).toBeLessThan(1.01);
  });

  it('lets the small group pass the large one', () => {
    const { small, middle, large } = report.rolloutDaysByGroup;
    expect(small).toBeLessThan(0.35 * large!);
    expect(middle).toBeLessThan(0.85 * large!);
  });

  it('repeats exactly with its seed', () => {
    const short = { ...scenario, devices: 200, days: 60 };
    expect(simulate(short)).toEqual(simulate(short));
    expect(simulate({ ...short, seed: 2 })).not.toEqual(simulate(short));
  });
});

describe('estimated times in the simulation', () => {
  it('are right within a tenth, all of them, when no other device comes', () => {
    const { estimates } = simulate(aScenario({ devices: 1500, days: 90, ...withOverride(150), ...CALM }));
    expect(estimates.count).toBeGreaterThan(150);
    expect(estimates.worst).toBeLessThan(0.1);
  });

  it('are right within a tenth, 19 in 20, with everything that happens in a year', () => {
    const { estimates } = simulate(aScenario({ devices: 1500, days: 120, ...withOverride(150) }));
    expect(estimates.count).toBeGreaterThan(150);
    expect(estimates.withinTenth).toBeGreaterThan(0.95);
  });

  it('are wrong, if at all, where devices of other groups came after the promise and took their turns', () => {
    const { estimates } = simulate(aScenario({ devices: 9000, days: 80, ...withOverride(1000), outages: [] }));
    expect(estimates.withinTenth).toBeLessThan(1);
    expect(estimates.withinTenthWhenAllHadCome).toBe(1);
  });
});

function forecastFor(devices: number, zones: readonly string[], profile: LimitProfile): ForecastInput {
  return {
    ...USUAL_FORECAST,
    now: SIMULATION_START,
    profile,
    domains: domainParts(zones),
    devices,
    lifetimeSeconds: 45 * 86_400,
  };
}

describe('the forecast', () => {
  it('agrees with the simulation within 2 % on three registered domains without an override', () => {
    const report = simulate(aScenario({ devices: 1200, days: 120, zones: THREE_ZONES, ...atLetsEncrypt }));
    const { endsAt } = forecastRollout(forecastFor(1200, THREE_ZONES, letsencrypt));
    expect(report.refusals).toBe(0);
    expect(report.expiries.reachable).toBe(0);
    expect(Math.abs((endsAt - SIMULATION_START) / DAY / report.rolloutDays! - 1)).toBeLessThan(0.02);
  });

  it('agrees within 2 % on how many have their certificate when a year is not enough', () => {
    const report = simulate(aScenario({ devices: 5000, days: 120, zones: THREE_ZONES, ...atLetsEncrypt }));
    const rolledOut = rolledOutBy(forecastFor(5000, THREE_ZONES, letsencrypt), SIMULATION_START + 120 * DAY);
    expect(report.rolloutDays).toBeUndefined();
    expect(Math.abs(rolledOut / report.rolledOut - 1)).toBeLessThan(0.02);
    expect(report.waiting).toBeGreaterThan(2000);
  });

  it('agrees within 2 % where new orders bind', () => {
    const { profile, rules } = withOverride(30_000);
    const report = simulate(aScenario({ devices: 4000, days: 5, profile, rules, ...CALM }));
    const { endsAt } = forecastRollout({ ...forecastFor(4000, ['d.example.com'], profile), failing: 0 });
    expect(Math.abs((endsAt - SIMULATION_START) / DAY / report.rolloutDays! - 1)).toBeLessThan(0.02);
  });
});

describe('other worlds', () => {
  it('the model refuses a planner that has a limit wrong', () => {
    const { profile } = withOverride(80);
    const report = simulate(aScenario({ devices: 150, days: 10, profile, rules: LETSENCRYPT_RULES, ...CALM }));
    expect(report.refusalsByLimit['certificates-per-domain']).toBeGreaterThan(0);
  });

  it('a 429 for what others have spent in the domain corrects the bucket: one refusal a slot, no storm', () => {
    const report = simulate(
      aScenario({ devices: 400, days: 80, ...withOverride(70), ...CALM, foreignPerWeek: 20, inFlightLimit: 10 }),
    );
    expect(report.refusalsByLimit['certificates-per-domain']).toBeGreaterThan(0);
    // 20 slots a week are taken by others: each of them can surprise us once, with all that is in flight.
    expect(report.refusals).toBeLessThan((80 / 7) * 20 + 10);
    expect(report.rolledOut).toBe(400);
  });

  it('160-hour certificates are renewed in time', () => {
    const report = simulate(
      aScenario({
        devices: 300,
        established: 250,
        days: 60,
        lifetimes: [{ fromDay: 0, seconds: 160 * 3600 }],
        ...withOverride(500),
      }),
    );
    expect(report.refusals).toBe(0);
    expect(report.expiries.reachable).toBe(0);
    expect(report.renewed).toBeGreaterThan(300 * 10);
  });

  it('lifetimes change in mid-flight: 90, 64, 45 days', () => {
    const lifetimes = [
      { fromDay: 0, seconds: 90 * 86_400 },
      { fromDay: 100, seconds: 64 * 86_400 },
      { fromDay: 250, seconds: 45 * 86_400 },
    ];
    const report = simulate(aScenario({ devices: 500, established: 400, days: 400, lifetimes, ...withOverride(500) }));
    expect(report.refusals).toBe(0);
    expect(report.expiries.reachable).toBe(0);
  });

  it('a CA without ARI and without limits gets an even load from a fleet that was onboarded in one day', () => {
    const report = simulate(
      aScenario({
        devices: 1500,
        days: 200,
        profile: none,
        rules: { ...RULES_WITHOUT_LIMITS, renewalInfo: false },
        ...CALM,
        habits: { ...USUAL_HABITS, longSilence: 0, faulty: 0 },
      }),
    );
    const daily = report.samples.slice(1).map(({ issued }, i) => issued - report.samples[i]!.issued);
    const settled = daily.slice(80);
    expect(report.expiries.reachable).toBe(0);
    // 50 a day are expected, with a standard deviation of 7.
    expect(Math.max(...settled)).toBeLessThan(100);
  });

  it('a revocation is over within the day that is left, for devices that sleep too', () => {
    const report = simulate(
      aScenario({ devices: 2000, established: 2000, days: 12, ...atLetsEncrypt, revocation: { day: 6, part: 1 } }),
    );
    expect(report.refusals).toBe(0);
    expect(report.revokedLate).toBe(0);
    expect(report.revocationHours).toBeGreaterThan(5);
    expect(report.revocationHours).toBeLessThan(12);
  });

  it.each([
    [{ devices: 0 }, /one device/],
    [{ devices: 5, established: 6 }, /established/],
    [{ days: 0 }, /time above zero/],
    [{ zones: [] }, /a zone/],
    [{ lifetimes: [{ fromDay: 3, seconds: 86_400 }] }, /day 0/],
    [{ lifetimes: [{ fromDay: 0, seconds: 60 }] }, /an hour/],
    [{ inFlightLimit: 0 }, /in flight/],
    [{ seed: 1.5 }, /whole number/],
  ])('%o makes no sense', (wrong, detail) => {
    expect(() => aScenario({ devices: 10, ...atLetsEncrypt, ...wrong })).toThrow(
      expect.objectContaining({ code: 'invalid_request', detail: expect.stringMatching(detail) }),
    );
  });
});
