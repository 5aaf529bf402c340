import { readFileSync } from 'node:fs';

import { ConfigurationError } from '../../platform/config/environment.js';
import { LETS_ENCRYPT_LIMITS, type LimitName, type LimitSetting } from '../domain/rate-limits.js';
import type { SandboxCaSettings } from './sandbox-ca.js';

const VARIABLE = 'FLEETCERT_SANDBOX_CA_SETTINGS';

/**
 * Reads the file that FLEETCERT_SANDBOX_CA_SETTINGS names. All fields are optional:
 *
 *     { "limits": "off" | { "<name>": "off" | { "burst": 50, "count": 50, "periodSeconds": 604800 } },
 *       "limitSpeedUp": 1000, "requestRates": "off", "nonceRejectionPercent": 5 }
 *
 * @throws ConfigurationError that names every field that is wrong
 */
export function readSandboxCaSettings(path: string | undefined): SandboxCaSettings {
  if (path === undefined) return {};
  const problems: string[] = [];
  const settings = check(parse(path), (field, expected) =>
    problems.push(`${VARIABLE}: ${field}: expected ${expected}`),
  );
  if (problems.length > 0) throw new ConfigurationError(problems);
  return settings;
}

type Complain = (field: string, expected: string) => void;

function parse(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isObject(value)) return value;
  } catch {
    // falls through to the one message
  }
  throw new ConfigurationError([
    `${VARIABLE}: expected the path of a readable file with one JSON object; got ${JSON.stringify(path)}`,
  ]);
}

function check(given: Record<string, unknown>, complain: Complain): SandboxCaSettings {
  const { limits, limitSpeedUp, requestRates, nonceRejectionPercent, ...unknown } = given;
  for (const field of Object.keys(unknown))
    complain(field, 'one of limits, limitSpeedUp, requestRates, nonceRejectionPercent');
  if (limitSpeedUp !== undefined && !(isNumber(limitSpeedUp) && limitSpeedUp > 0))
    complain('limitSpeedUp', 'a number above 0');
  if (requestRates !== undefined && requestRates !== 'off') complain('requestRates', '"off", or the field left out');
  if (
    nonceRejectionPercent !== undefined &&
    !(isNumber(nonceRejectionPercent) && nonceRejectionPercent >= 0 && nonceRejectionPercent < 100)
  ) {
    complain('nonceRejectionPercent', 'a number from 0 to below 100');
  }
  return {
    ...(limits !== undefined && { limits: checkLimits(limits, complain) }),
    ...(isNumber(limitSpeedUp) && { limitSpeedUp }),
    ...(requestRates === 'off' && { requestRates }),
    ...(isNumber(nonceRejectionPercent) && { nonceRejectionPercent }),
  };
}

function checkLimits(limits: unknown, complain: Complain): SandboxCaSettings['limits'] {
  if (limits === 'off') return 'off';
  if (!isObject(limits)) {
    complain('limits', '"off" or an object');
    return {};
  }
  const known = Object.keys(LETS_ENCRYPT_LIMITS);
  for (const [name, limit] of Object.entries(limits)) {
    if (!known.includes(name)) complain(`limits.${name}`, `one of ${known.join(', ')}`);
    else if (!isLimit(limit))
      complain(`limits.${name}`, '"off" or { "burst", "count", "periodSeconds" } with numbers above 0');
  }
  return limits as Partial<Record<LimitName, LimitSetting>>;
}

function isLimit(limit: unknown): limit is LimitSetting {
  if (limit === 'off') return true;
  if (!isObject(limit) || Object.keys(limit).length !== 3) return false;
  return ['burst', 'count', 'periodSeconds'].every((field) => isNumber(limit[field]) && (limit[field] as number) > 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
