import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { DomainError } from '../../kernel/errors.js';
import { BUILTIN_PROFILE_NAMES, BUILTIN_PROFILES, isBuiltinProfileName } from '../domain/limits/builtin-profiles.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import { parseLimits } from '../domain/limits/parse-limits.js';

/**
 * The limits that a setting names: a built-in profile, or a JSON file (parse-limits.ts).
 * @throws DomainError `invalid_request`, whose detail names every wrong field; it does not name the setting
 */
export function readLimits(setting: string): LimitProfile {
  if (isBuiltinProfileName(setting)) return BUILTIN_PROFILES[setting];
  let text: string;
  try {
    text = readFileSync(setting, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    throw new DomainError(
      'invalid_request',
      `it is none of ${BUILTIN_PROFILE_NAMES.join(', ')}, and no file that can be read: ${why}`,
      { cause: error },
    );
  }
  return parseLimits(text, basename(setting, '.json'));
}
