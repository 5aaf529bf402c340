import { readFileSync } from 'node:fs';

import { BUILTIN_PROFILES } from '../domain/limits/builtin-profiles.js';
import type { OrderLimitName } from '../domain/limits/limit-name.js';
import type { LimitProfile, LimitValues } from '../domain/limits/limit-profile.js';

/** How the embedded CA calls its limits in its settings. */
const NAME_IN_SETTINGS = {
  'new-orders': 'newOrdersPerAccount',
  'certificates-per-domain': 'certificatesPerDomain',
  'certificates-per-exact-set': 'certificatesPerExactSet',
  'failed-authorizations': 'failedAuthorizations',
  'consecutive-failures': 'consecutiveFailedAuthorizations',
} as const satisfies Record<OrderLimitName, string>;

interface Settings {
  readonly limits?: 'off' | Readonly<Record<string, 'off' | LimitValues>>;
  readonly limitSpeedUp?: number;
}

/**
 * The limits that the embedded CA enforces: Let's Encrypt's, changed as the file of its settings
 * (FLEETCERT_SANDBOX_CA_SETTINGS) says. The CA itself checks that file when it starts.
 */
export function sandboxLimits(settingsFile: string | undefined): LimitProfile {
  const { limits = {}, limitSpeedUp = 1 } = settingsFile === undefined ? {} : settingsIn(settingsFile);
  if (limits === 'off') return BUILTIN_PROFILES.none;
  const profile = BUILTIN_PROFILES.letsencrypt;
  const own: Partial<Record<OrderLimitName, LimitValues | null>> = {};
  for (const [name, inSettings] of Object.entries(NAME_IN_SETTINGS) as [OrderLimitName, string][]) {
    const values = limits[inSettings] ?? profile.limits[name];
    own[name] =
      values === null || values === 'off' ? null : { ...values, periodSeconds: values.periodSeconds / limitSpeedUp };
  }
  return { ...profile, name: 'sandbox', limits: { ...profile.limits, ...own } };
}

function settingsIn(path: string): Settings {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Settings;
  } catch {
    // Told to the operator by the CA, which does not start with it.
    return {};
  }
}
