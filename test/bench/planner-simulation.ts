import { BUILTIN_PROFILES } from '../../src/issuer/domain/limits/builtin-profiles.js';
import type { LimitProfile } from '../../src/issuer/domain/limits/limit-profile.js';
import { domainParts, USUAL_FORECAST, type ForecastInput } from '../../src/issuer/domain/planner/forecast-input.js';
import { forecastRollout, rolledOutBy } from '../../src/issuer/domain/planner/rollout-forecast.js';
import { LETSENCRYPT_RULES } from '../../src/issuer/simulation/ca-rules.js';
import { aScenario, DAY, SIMULATION_START, type Scenario } from '../../src/issuer/simulation/scenario.js';
import { simulate } from '../../src/issuer/simulation/simulate.js';
import { rounded, type Bench } from './support/bench.js';

const WEEK_SECONDS = 604_800;
const OVERRIDE = 10_000;
const ZONES = ['d.example.com', 'd.example.org', 'd.example.net'];

interface Case {
  readonly title: string;
  readonly scenario: Scenario;
}

function cases(): readonly Case[] {
  const values = { burst: OVERRIDE, count: OVERRIDE, periodSeconds: WEEK_SECONDS };
  const overridden: LimitProfile = {
    ...BUILTIN_PROFILES.letsencrypt,
    overrides: [{ limit: 'certificates-per-domain', for: 'example.com', values }],
  };
  const allowance = { burst: OVERRIDE, intervalSeconds: WEEK_SECONDS / OVERRIDE };
  const plain = { profile: BUILTIN_PROFILES.letsencrypt, rules: LETSENCRYPT_RULES, zones: ZONES };
  return [
    {
      title: '90,000 devices, override of 10,000 a week',
      scenario: aScenario({
        devices: 90_000,
        profile: overridden,
        rules: { ...LETSENCRYPT_RULES, domainOverrides: { 'example.com': allowance } },
      }),
    },
    { title: '90,000 devices, 3 registered domains', scenario: aScenario({ devices: 90_000, ...plain }) },
    { title: '7,500 devices, 3 registered domains', scenario: aScenario({ devices: 7500, ...plain }) },
  ];
}

function measure({ title, scenario }: Case): readonly string[] {
  const input: ForecastInput = {
    ...USUAL_FORECAST,
    now: SIMULATION_START,
    profile: scenario.profile,
    domains: domainParts(scenario.zones),
    devices: scenario.devices,
    lifetimeSeconds: scenario.lifetimes[0]!.seconds,
  };
  const before = process.cpuUsage();
  const report = simulate(scenario);
  const used = process.cpuUsage(before);
  const forecastDays = (forecastRollout(input).endsAt - SIMULATION_START) / DAY;
  const within = rolledOutBy(input, SIMULATION_START + scenario.days * DAY);
  const off = report.rolloutDays === undefined ? within / report.rolledOut : forecastDays / report.rolloutDays;
  return [
    title,
    report.issued.toLocaleString('en'),
    String(report.refusals),
    String(report.expiries.reachable),
    report.rolloutDays === undefined
      ? `${report.rolledOut.toLocaleString('en')} done`
      : `${rounded(report.rolloutDays)} d`,
    (ratioToLeast(scenario, report.rolledOut, report.rolloutDays) ?? 0).toFixed(4),
    `${((off - 1) * 100).toFixed(2)} %`,
    `${(report.estimates.withinTenth * 100).toFixed(1)} %`,
    `${(report.estimates.withinTenthWhenAllHadCome * 100).toFixed(1)} %`,
    rounded((used.user + used.system) / 1e6),
  ];
}

/** The rollout's time as a multiple of what the refill of the domains allows for as many certificates. */
function ratioToLeast(scenario: Scenario, rolledOut: number, rolloutDays: number | undefined): number | undefined {
  const { burst, intervalSeconds } =
    scenario.rules.domainOverrides['example.com'] ?? scenario.rules.certificatesPerDomain!;
  const least = ((rolledOut / scenario.zones.length - burst) * intervalSeconds) / 86_400;
  return (rolloutDays ?? scenario.days) / least;
}

/** A simulated year of 45-day certificates: the real planner against the model CA. */
export const simulatedYear: Bench = {
  name: 'simulated-year',
  title: 'A simulated year of 45-day certificates, with sleeping and failing devices, outages and a revocation of all',
  async run() {
    return {
      columns: [
        'case',
        'issued',
        'refused',
        'expired on a reachable device',
        'rollout',
        'times the least',
        'forecast off by',
        'estimates within a tenth',
        'made when all had come',
        'CPU s',
      ],
      rows: cases().map(measure),
      note: 'The least is (devices - burst) / refill rate. Where a year is not enough, the devices done in it are compared.',
    };
  },
};
