import { DomainError, type FieldError } from '../../../kernel/errors.js';
import { BUILTIN_PROFILE_NAMES, BUILTIN_PROFILES, isBuiltinProfileName } from './builtin-profiles.js';
import { parseDuration } from './duration.js';
import { isLimitName, LIMIT_NAMES, type LimitName } from './limit-name.js';
import type { LimitOverride, LimitProfile, LimitValues } from './limit-profile.js';
import { limitRule } from './limit-rule.js';
import { registeredDomain } from './registered-domain.js';

/**
 * Reads a file of limits:
 *
 *     { "name": "our-ca",
 *       "extends": "letsencrypt",
 *       "limits": { "new-orders": {"burst": 300, "count": 300, "period": "3h"}, "renewal-info-requests": null },
 *       "overrides": [ {"limit": "certificates-per-domain", "for": "example.com", "burst": 5000, "count": 5000, "period": "7d"} ],
 *       "exemptions": { "ari": true, "sameNamesDays": 120 } }
 *
 * Everything is optional; `extends` is a built-in profile, `none` when absent. Throws DomainError `invalid_request`
 * that names every wrong field.
 */
export function parseLimits(json: string, defaultName: string): LimitProfile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    throw new DomainError('invalid_request', `The file of limits is not JSON: ${why}`, { cause: error });
  }
  const reader = new LimitsReader();
  const profile = reader.profile(value, defaultName);
  if (profile && reader.errors.length === 0) return profile;
  throw new DomainError(
    'invalid_request',
    `The file of limits has ${reader.errors.length === 1 ? 'a wrong field' : `${reader.errors.length} wrong fields`}: ` +
      reader.errors.map(({ field, detail }) => `${field || 'the file'}: ${detail}`).join('; '),
    { errors: reader.errors },
  );
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Collects the errors of all fields, so that a file is mended in one go. */
class LimitsReader {
  readonly errors: FieldError[] = [];

  profile(value: unknown, defaultName: string): LimitProfile | undefined {
    if (!isObject(value)) return this.#fail('', 'expected an object');
    this.#known(value, '', ['name', 'extends', 'limits', 'overrides', 'exemptions']);
    const base = this.#base(value['extends']);
    const name = value['name'] ?? defaultName;
    if (typeof name !== 'string' || name === '') return this.#fail('name', 'expected a text that is not empty');
    return {
      name,
      limits: { ...base.limits, ...this.#limits(value['limits']) },
      overrides: [...this.#overrides(value['overrides']), ...base.overrides],
      exemptions: this.#exemptions(value['exemptions'], base.exemptions),
    };
  }

  #base(value: unknown): LimitProfile {
    if (value === undefined) return BUILTIN_PROFILES.none;
    if (typeof value === 'string' && isBuiltinProfileName(value)) return BUILTIN_PROFILES[value];
    this.#fail('extends', `expected one of ${BUILTIN_PROFILE_NAMES.join(', ')}`);
    return BUILTIN_PROFILES.none;
  }

  #limits(value: unknown): Partial<Record<LimitName, LimitValues | null>> {
    const limits: Partial<Record<LimitName, LimitValues | null>> = {};
    if (value === undefined) return limits;
    if (!isObject(value)) {
      this.#fail('limits', 'expected an object, a limit a field');
      return limits;
    }
    for (const [name, entry] of Object.entries(value)) {
      const field = `limits.${name}`;
      if (!isLimitName(name)) this.#fail(field, `no such limit; known are ${LIMIT_NAMES.join(', ')}`);
      else if (entry === null) limits[name] = null;
      else {
        if (isObject(entry)) this.#known(entry, field, ['burst', 'count', 'period']);
        const values = this.#values(entry, field);
        if (values) limits[name] = values;
      }
    }
    return limits;
  }

  #overrides(value: unknown): LimitOverride[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.#fail('overrides', 'expected an array');
      return [];
    }
    return value.flatMap((entry: unknown, index) => this.#override(entry, `overrides[${index}]`) ?? []);
  }

  #override(entry: unknown, field: string): LimitOverride | undefined {
    if (!isObject(entry)) return this.#fail(field, 'expected an object');
    this.#known(entry, field, ['limit', 'for', 'burst', 'count', 'period']);
    const limit = entry['limit'];
    const subject = entry['for'];
    if (typeof limit !== 'string' || !isLimitName(limit)) {
      return this.#fail(`${field}.limit`, `expected one of ${LIMIT_NAMES.join(', ')}`);
    }
    if (typeof subject !== 'string' || subject === '') {
      return this.#fail(`${field}.for`, 'expected the registered domain or the account URL that the override is for');
    }
    if (limitRule(limit).scope === 'registered-domain' && registeredDomain(subject) !== subject) {
      return this.#fail(
        `${field}.for`,
        `expected a registered domain; by the Public Suffix List that of ${subject} is ${registeredDomain(subject)}`,
      );
    }
    const values = this.#values(entry, field);
    return values && { limit, for: subject, values };
  }

  #values(entry: unknown, field: string): LimitValues | undefined {
    if (!isObject(entry)) return this.#fail(field, 'expected {"burst", "count", "period"}, or null for no limit');
    const count = this.#whole(entry['count'], `${field}.count`);
    const burst = entry['burst'] === undefined ? count : this.#whole(entry['burst'], `${field}.burst`);
    const text = entry['period'];
    const periodSeconds = typeof text === 'string' ? parseDuration(text) : undefined;
    if (periodSeconds === undefined) this.#fail(`${field}.period`, 'expected a duration such as "36s", "3h" or "7d"');
    if (burst === undefined || count === undefined || periodSeconds === undefined) return undefined;
    return { burst, count, periodSeconds };
  }

  #whole(value: unknown, field: string): number | undefined {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
    return this.#fail(field, 'expected a whole number, 1 or more');
  }

  #exemptions(value: unknown, base: LimitProfile['exemptions']): LimitProfile['exemptions'] {
    if (value === undefined) return base;
    if (!isObject(value)) {
      this.#fail('exemptions', 'expected an object');
      return base;
    }
    this.#known(value, 'exemptions', ['ari', 'sameNamesDays']);
    const ari = value['ari'] ?? base.ari;
    const days = value['sameNamesDays'] ?? base.sameNamesDays;
    if (typeof ari !== 'boolean') this.#fail('exemptions.ari', 'expected true or false');
    const wrongDays = typeof days !== 'number' || !Number.isSafeInteger(days) || days < 0;
    if (wrongDays) this.#fail('exemptions.sameNamesDays', 'expected a whole number of days, 0 for no such exemption');
    return { ari: ari === true, sameNamesDays: wrongDays ? 0 : days };
  }

  #known(value: JsonObject, field: string, names: readonly string[]): void {
    for (const name of Object.keys(value)) {
      if (!names.includes(name)) {
        this.#fail(field ? `${field}.${name}` : name, `unknown; expected one of ${names.join(', ')}`);
      }
    }
  }

  #fail(field: string, detail: string): undefined {
    this.errors.push({ field, detail });
    return undefined;
  }
}
