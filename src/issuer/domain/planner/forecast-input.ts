import type { BucketState } from '../limits/bucket.js';
import type { BucketKey } from '../limits/bucket-key.js';
import type { LimitProfile } from '../limits/limit-profile.js';
import { registeredDomain } from '../limits/registered-domain.js';
import { renewalCycle } from '../renewal-spread.js';
import { DEFAULT_POLICY, type PlannerPolicy } from './planner-policy.js';

/** What a forecast is made from. Fractions of 1; times are milliseconds since the epoch. */
export interface ForecastInput {
  readonly now: number;
  readonly profile: LimitProfile;
  /** The ACME account's URL; any text where none exists yet. */
  readonly account: string;
  /** How the new devices' names fall into registered domains. */
  readonly domains: readonly DomainPart[];
  /** Devices to be rolled out. */
  readonly devices: number;
  /** Devices that have a certificate already. */
  readonly established: number;
  readonly lifetimeSeconds: number;
  /** The buckets as they are; a missing one is full. */
  readonly buckets?: ReadonlyMap<BucketKey, BucketState>;
  /** Orders that wait already, by the shared bucket that they spend. */
  readonly waiting?: ReadonlyMap<BucketKey, number>;
  readonly inFlightLimit: number;
  /** Seconds from the start of an order to its certificate, on the average. */
  readonly orderSeconds: number;
  /** Of the tries, failing: each costs a new order. */
  readonly failing: number;
  /** Of the devices, a year: silent for so long that they come back as new. */
  readonly lapsing: number;
  readonly policy?: PlannerPolicy;
}

/** `domain` undefined: every device is a registered domain of its own (a zone on the Public Suffix List). */
export interface DomainPart {
  readonly domain: string | undefined;
  readonly part: number;
}

export const USUAL_FORECAST = {
  account: 'the account',
  established: 0,
  inFlightLimit: 50,
  orderSeconds: 13,
  failing: 0.003,
  lapsing: 0,
} as const satisfies Partial<ForecastInput>;

/** The registered domains of the zones, and the part of the devices that each gets when zones are dealt out evenly. */
export function domainParts(zones: readonly string[]): readonly DomainPart[] {
  const parts = new Map<string | undefined, number>();
  for (const zone of zones) {
    const device = `device.${zone}`;
    const registered = registeredDomain(device);
    const domain = registered === device ? undefined : registered;
    parts.set(domain, (parts.get(domain) ?? 0) + 1 / zones.length);
  }
  return [...parts].map(([domain, part]) => ({ domain, part }));
}

/** Milliseconds from a certificate's start to its renewal. */
export function cycleOf(input: ForecastInput): number {
  return renewalCycle(input.lifetimeSeconds * 1000);
}

/** Does a renewal pass the limits on new orders and domains for nothing? */
export function renewalsAreExempt(input: ForecastInput): boolean {
  const { ari, sameNamesDays } = input.profile.exemptions;
  return ari || sameNamesDays * 86_400_000 > cycleOf(input);
}

export function policyOf(input: ForecastInput): PlannerPolicy {
  return input.policy ?? DEFAULT_POLICY;
}
