import type { CaModel } from './ca-model.js';
import type { Fleet } from './fleet.js';
import type { EstimateError, Expiries, Measures, Sample } from './measures.js';
import { DAY, SIMULATION_START, type Scenario } from './scenario.js';

/** What came of a simulation. Durations are days since its start. */
export interface SimulationReport {
  readonly seed: number;
  readonly devices: number;
  readonly days: number;
  /** First certificates of devices that had none. */
  readonly rolledOut: number;
  /** When the last of them was issued; undefined while some still wait at the end. */
  readonly rolloutDays?: number;
  /** The same by group. */
  readonly rolloutDaysByGroup: Readonly<Record<string, number | undefined>>;
  readonly issued: number;
  readonly renewed: number;
  readonly failed: number;
  readonly waiting: number;
  /** Answers of the CA that a planner without a fault never gets. */
  readonly refusals: number;
  readonly refusalsByLimit: Readonly<Record<string, number>>;
  readonly expiries: Readonly<Expiries>;
  readonly lapses: number;
  readonly serverRenewals: number;
  /** Certificates replaced after the day that a revocation leaves, by no fault of the device's own validation. */
  readonly revokedLate: number;
  /** When the last of them was replaced, in hours after the announcement. */
  readonly revocationHours?: number;
  readonly mostInFlight: number;
  readonly mostIssuedADay: number;
  readonly steps: number;
  readonly estimates: EstimateReport;
  readonly counted: { readonly newOrders: number; readonly domains: number };
  readonly samples: readonly Sample[];
}

/** How far the planner's promises were off, as parts of the time waited. */
export interface EstimateReport {
  readonly count: number;
  readonly withinTenth: number;
  /** The same of those that were made when every device had come once: who comes later takes turns that no promise knew of. */
  readonly withinTenthWhenAllHadCome: number;
  readonly median: number;
  readonly worst: number;
}

export function reportOf(
  scenario: Scenario,
  fleet: Fleet,
  ca: CaModel,
  measures: Measures,
  waiting: number,
): SimulationReport {
  const { revocation } = scenario;
  const refusalsByLimit: Record<string, number> = {};
  for (const { limit } of ca.refusals) refusalsByLimit[limit] = (refusalsByLimit[limit] ?? 0) + 1;
  const replacedAfter = revocation && measures.revokedReplacedAt - SIMULATION_START - revocation.day * DAY;
  return {
    seed: scenario.seed,
    devices: scenario.devices,
    days: scenario.days,
    ...rolloutOf(scenario, fleet, measures),
    issued: measures.issued,
    renewed: measures.renewed,
    failed: measures.failed,
    waiting,
    refusals: ca.refusals.length,
    refusalsByLimit,
    expiries: measures.expiries,
    lapses: measures.lapses,
    serverRenewals: measures.serverRenewals,
    revokedLate: measures.revokedLate,
    ...(replacedAfter !== undefined && replacedAfter > 0 && { revocationHours: (replacedAfter / DAY) * 24 }),
    mostInFlight: measures.mostInFlight,
    mostIssuedADay: measures.mostIssuedADay,
    steps: measures.steps,
    estimates: estimatesOf(measures.estimateErrors, measures.lastNewAt),
    counted: { ...ca.counted },
    samples: measures.samples,
  };
}

function rolloutOf(scenario: Scenario, fleet: Fleet, measures: Measures) {
  let rolledOut = 0;
  let last = 0;
  const byGroup: Record<string, number> = {};
  for (let device = scenario.established; device < fleet.size; device++) {
    const day = (measures.firstIssuedAt[device]! - SIMULATION_START) / DAY;
    if (day < Infinity) rolledOut += 1;
    last = Math.max(last, day);
    const group = fleet.groups[device]!;
    byGroup[group] = Math.max(byGroup[group] ?? 0, day);
  }
  return {
    rolledOut,
    rolloutDays: ended(last),
    rolloutDaysByGroup: Object.fromEntries(Object.entries(byGroup).map(([group, day]) => [group, ended(day)])),
  };
}

/** The day, or undefined when it has not come. */
function ended(day: number): number | undefined {
  return day < Infinity ? day : undefined;
}

function estimatesOf(errors: readonly EstimateError[], allHadComeAt: number): EstimateReport {
  const sorted = Float64Array.from(errors, ({ error }) => error).toSorted();
  return {
    count: sorted.length,
    withinTenth: partWithinTenth(errors),
    withinTenthWhenAllHadCome: partWithinTenth(errors.filter(({ madeAt }) => madeAt >= allHadComeAt)),
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    worst: sorted.at(-1) ?? 0,
  };
}

function partWithinTenth(errors: readonly EstimateError[]): number {
  return errors.length === 0 ? 1 : errors.filter(({ error }) => error <= 0.1).length / errors.length;
}
