import { DomainError } from '../../kernel/errors.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import type { CaRules } from './ca-rules.js';
import { USUAL_HABITS, type DeviceHabits } from './device-model.js';

/** What is simulated. */
export interface Scenario {
  readonly seed: number;
  readonly devices: number;
  /** Devices that have a certificate at the start already, spread evenly over their cycle; part of `devices`. */
  readonly established: number;
  readonly days: number;
  /** The devices' zones, dealt out in turn. */
  readonly zones: readonly string[];
  /** Parts of the fleet that are rolled out at once, as groups. They need not add up to 1. */
  readonly groups: readonly { readonly name: string; readonly part: number }[];
  /** What the planner takes the CA's limits to be. */
  readonly profile: LimitProfile;
  /** What they are. */
  readonly rules: CaRules;
  /** From which day on certificates live so long. The first entry is for day 0. */
  readonly lifetimes: readonly { readonly fromDay: number; readonly seconds: number }[];
  readonly habits: DeviceHabits;
  readonly inFlightLimit: number;
  /** Days on which the CA does not answer, with the hours that it lasts. */
  readonly outages: readonly { readonly day: number; readonly hours: number }[];
  /** A day on which the CA announces that it revokes a part of all certificates. */
  readonly revocation?: { readonly day: number; readonly part: number };
  /** Certificates a week that somebody else gets in the first zone's registered domain. */
  readonly foreignPerWeek: number;
}

/** 2028-03-01: 45-day lifetimes are in force. */
export const SIMULATION_START = Date.parse('2028-03-01T00:00:00Z');

export const DAY = 86_400_000;

/** A year of 45-day certificates with what goes wrong in a year. Everything but the CA has a usual value. */
export function aScenario(scenario: Partial<Scenario> & Pick<Scenario, 'devices' | 'profile' | 'rules'>): Scenario {
  const { days = 365 } = scenario;
  const whole: Scenario = {
    seed: 1,
    established: 0,
    days,
    zones: ['d.example.com'],
    groups: [
      { name: 'large', part: 0.7 },
      { name: 'middle', part: 0.25 },
      { name: 'small', part: 0.05 },
    ],
    lifetimes: [{ fromDay: 0, seconds: 45 * 86_400 }],
    habits: USUAL_HABITS,
    inFlightLimit: 50,
    outages: [
      { day: days * 0.02, hours: 3 },
      { day: days * 0.3, hours: 0.5 },
      { day: days * 0.55, hours: 10 },
    ],
    revocation: { day: days * 0.7, part: 1 },
    foreignPerWeek: 0,
    ...scenario,
  };
  check(whole);
  return whole;
}

function check({ devices, established, days, zones, groups, lifetimes, inFlightLimit, seed }: Scenario): void {
  if (!(Number.isInteger(devices) && devices >= 1)) throw wrong('A simulation needs one device or more.');
  if (!(established >= 0 && established <= devices)) throw wrong('No more devices can be established than there are.');
  if (!(days > 0)) throw wrong('A simulation needs a time above zero.');
  if (zones.length === 0 || groups.length === 0) throw wrong('A simulation needs a zone and a group.');
  if (lifetimes[0]?.fromDay !== 0) throw wrong('The first lifetime has to hold from day 0 on.');
  if (lifetimes.some(({ seconds }) => !(seconds >= 3600))) throw wrong('A lifetime has to be an hour or more.');
  if (!(Number.isInteger(inFlightLimit) && inFlightLimit >= 1)) throw wrong('One order at least has to be in flight.');
  if (!Number.isSafeInteger(seed)) throw wrong('The seed has to be a whole number.');
}

/** The lifetime in milliseconds of a certificate that is issued at `time`. */
export function lifetimeAt(scenario: Scenario, time: number): number {
  const day = (time - SIMULATION_START) / DAY;
  let seconds = scenario.lifetimes[0]!.seconds;
  for (const lifetime of scenario.lifetimes) if (lifetime.fromDay <= day) seconds = lifetime.seconds;
  return seconds * 1000;
}

function wrong(detail: string): DomainError {
  return new DomainError('invalid_request', detail);
}
