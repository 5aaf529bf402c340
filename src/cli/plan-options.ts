import { InvalidArgumentError } from 'commander';

import { parseDuration } from '../issuer/domain/limits/duration.js';
import { isLimitName, LIMIT_NAMES, type LimitName } from '../issuer/domain/limits/limit-name.js';
import type { LimitProfile, LimitValues } from '../issuer/domain/limits/limit-profile.js';
import { limitRule } from '../issuer/domain/limits/limit-rule.js';
import { registeredDomain } from '../issuer/domain/limits/registered-domain.js';
import type { Scenario } from '../issuer/simulation/scenario.js';

/** `--override certificates-per-domain:example.com=10000/7d`; without `:…` it holds for every bucket of the limit. */
export interface OverrideOption {
  readonly limit: LimitName;
  readonly for?: string;
  readonly values: LimitValues;
}

export function parseWhole(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** `d.example.com,d.example.org` */
export function parseZones(text: string): readonly string[] {
  const zones = text.split(',').map((zone) => zone.trim().toLowerCase().replace(/\.$/, ''));
  if (zones.some((zone) => !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(zone))) {
    throw new InvalidArgumentError('Expected zones such as d.example.com,d.example.org.');
  }
  return zones;
}

/** `45d`, or `90d,64d@120,45d@300`: lifetimes that hold from a day on. */
export function parseLifetimes(text: string): Scenario['lifetimes'] {
  return text.split(',').map((part, index) => {
    const [duration = '', day] = part.trim().split('@');
    const seconds = parseDuration(duration);
    const fromDay = day === undefined ? 0 : Number(day);
    if (seconds === undefined || seconds < 3600 || !(fromDay >= 0) || (index === 0) !== (fromDay === 0)) {
      throw new InvalidArgumentError('Expected a lifetime of an hour or more such as 45d, or 90d,64d@120,45d@300.');
    }
    return { fromDay, seconds };
  });
}

export function parseOverride(text: string, previous: readonly OverrideOption[] = []): readonly OverrideOption[] {
  const match = /^([a-z-]+)(?::([^=]+))?=(\d+)\/(\S+)$/.exec(text.trim());
  const periodSeconds = parseDuration(match?.[4] ?? '');
  const count = Number(match?.[3]);
  if (!match || periodSeconds === undefined || count < 1) {
    throw new InvalidArgumentError(
      'Expected LIMIT[:FOR]=COUNT/PERIOD, such as certificates-per-domain:example.com=5000/7d.',
    );
  }
  const [, limit = '', subject] = match;
  if (!isLimitName(limit)) throw new InvalidArgumentError(`No such limit; known are ${LIMIT_NAMES.join(', ')}.`);
  if (
    subject !== undefined &&
    limitRule(limit).scope === 'registered-domain' &&
    registeredDomain(subject) !== subject
  ) {
    throw new InvalidArgumentError(
      `By the Public Suffix List ${subject} is counted under ${registeredDomain(subject)}.`,
    );
  }
  const values = { burst: count, count, periodSeconds };
  return [...previous, { limit, values, ...(subject !== undefined && { for: subject }) }];
}

export function withOverrides(profile: LimitProfile, overrides: readonly OverrideOption[]): LimitProfile {
  let { limits } = profile;
  const named = [...profile.overrides];
  for (const { limit, for: subject, values } of overrides) {
    if (subject === undefined) limits = { ...limits, [limit]: values };
    else named.unshift({ limit, for: subject, values });
  }
  return { ...profile, limits, overrides: named };
}
