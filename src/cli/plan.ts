import { Command, Option } from 'commander';

import { BUILTIN_PROFILE_NAMES } from '../issuer/domain/limits/builtin-profiles.js';
import type { LimitProfile } from '../issuer/domain/limits/limit-profile.js';
import { domainParts, USUAL_FORECAST, type ForecastInput } from '../issuer/domain/planner/forecast-input.js';
import { forecast } from '../issuer/domain/planner/forecast.js';
import { readLimits } from '../issuer/limits/read-limits.js';
import { rulesOf } from '../issuer/simulation/ca-rules.js';
import { aScenario, SIMULATION_START, type Scenario } from '../issuer/simulation/scenario.js';
import type { SimulationReport } from '../issuer/simulation/report.js';
import { simulate } from '../issuer/simulation/simulate.js';
import { DomainError } from '../kernel/errors.js';
import {
  parseLifetimes,
  parseOverride,
  parseWhole,
  parseZones,
  withOverrides,
  type OverrideOption,
} from './plan-options.js';
import { forecastText, simulationText } from './plan-output.js';

/** Exit codes: all promises hold; a promise is broken in the simulation; wrong arguments; a wrong file of limits. */
export const PLAN_EXIT = { kept: 0, broken: 1, usage: 64, configuration: 78 } as const;

const WRONG_LIMITS = 'fleetcert.wrongLimits';

interface PlanOptions {
  readonly devices: number;
  readonly established: number;
  readonly limits: string;
  readonly override: readonly OverrideOption[];
  readonly zones: readonly string[];
  readonly lifetime: Scenario['lifetimes'];
  readonly days: number;
  readonly inFlight: number;
  readonly seed: number;
  readonly simulation: boolean;
  readonly json?: boolean;
}

/** `fleetcert plan`: forecast of a rollout, and a simulation of the planner against a model of the CA. Needs no server. */
export function planCommand(print: (text: string) => void = (text) => console.log(text)): Command {
  return new Command('plan')
    .description('foresee a rollout: when it ends, what binds, what would help; and try it on a model of the CA')
    .addOption(new Option('--devices <number>', 'devices in all').argParser(parseWhole).makeOptionMandatory())
    .option('--established <number>', 'of them, holding a certificate already', parseWhole, 0)
    .option('--limits <profile>', `${BUILTIN_PROFILE_NAMES.join(', ')}, or a JSON file`, 'letsencrypt')
    .option(
      '--override <limit=count/period>',
      'other numbers for a limit, such as certificates-per-domain:example.com=5000/7d; may be repeated',
      parseOverride,
      [],
    )
    .option('--zones <list>', 'zones of the devices, dealt out evenly', parseZones, ['d.example.com'])
    .option(
      '--lifetime <duration>',
      'lifetime of certificates; 90d,64d@120 changes it on day 120',
      parseLifetimes,
      parseLifetimes('45d'),
    )
    .option('--days <number>', 'days to simulate', parseWhole, 365)
    .option('--in-flight <number>', 'orders that may be in flight at once', parseWhole, 50)
    .option('--seed <number>', 'repeats a simulation exactly', parseWhole, 1)
    .option('--no-simulation', 'the forecast alone')
    .option('--json', 'print as JSON')
    .exitOverride(({ code, exitCode }) =>
      // Commander's own code for wrong arguments is 1, which means something else here.
      process.exit(exitCode === 0 || code === WRONG_LIMITS ? exitCode : PLAN_EXIT.usage),
    )
    .action((options: PlanOptions, command: Command) => run(options, command, print));
}

function run(options: PlanOptions, command: Command, print: (text: string) => void): void {
  let profile: LimitProfile;
  try {
    profile = withOverrides(readLimits(options.limits), options.override);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    command.error(`error: --limits: ${error.detail}`, { exitCode: PLAN_EXIT.configuration, code: WRONG_LIMITS });
  }
  let scenario: Scenario;
  try {
    scenario = scenarioOf(options, profile);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    command.error(`error: ${error.detail}`);
  }
  const foreseen = forecast(forecastInputOf(options, profile));
  const report = options.simulation ? simulate(scenario) : undefined;
  if (options.json) print(JSON.stringify(jsonOf(foreseen, report), undefined, 2));
  else {
    print(forecastText(foreseen, SIMULATION_START));
    if (report) print(`\n${simulationText(report)}`);
  }
  process.exitCode = report && isBroken(report) ? PLAN_EXIT.broken : PLAN_EXIT.kept;
}

function scenarioOf(options: PlanOptions, profile: LimitProfile): Scenario {
  return aScenario({
    seed: options.seed,
    devices: options.devices,
    established: options.established,
    days: options.days,
    zones: options.zones,
    lifetimes: options.lifetime,
    inFlightLimit: options.inFlight,
    profile,
    rules: rulesOf(profile),
  });
}

function forecastInputOf(options: PlanOptions, profile: LimitProfile): ForecastInput {
  return {
    ...USUAL_FORECAST,
    now: SIMULATION_START,
    profile,
    domains: domainParts(options.zones),
    devices: options.devices - options.established,
    established: options.established,
    lifetimeSeconds: options.lifetime[0]!.seconds,
    inFlightLimit: options.inFlight,
  };
}

/** What the planner promises: no refusal, and no certificate that ends although something could be done. */
function isBroken({ refusals, expiries, revokedLate }: SimulationReport): boolean {
  return refusals > 0 || expiries.reachable > 0 || revokedLate > 0;
}

/** Durations in seconds from the start; null: never. */
function jsonOf(foreseen: ReturnType<typeof forecast>, report: SimulationReport | undefined): unknown {
  const { rollout, options, ...rest } = foreseen;
  return {
    forecast: {
      rolloutSeconds: secondsUntil(rollout.endsAt),
      binding:
        rollout.binding === 'in-flight'
          ? { limit: 'in-flight' }
          : { limit: rollout.binding.limitName, subject: rollout.binding.subject },
      ...rest,
      options: options.map(({ endsAt, ...option }) => ({ ...option, rolloutSeconds: secondsUntil(endsAt) })),
    },
    ...(report && { simulation: report, kept: !isBroken(report) }),
  };
}

function secondsUntil(time: number): number | null {
  return Number.isFinite(time) ? (time - SIMULATION_START) / 1000 : null;
}
