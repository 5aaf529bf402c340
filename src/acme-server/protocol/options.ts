import { DEFAULT_PROFILES, type Profile } from '../domain/profile.js';
import { LETS_ENCRYPT_LIMITS, type LimitName, type LimitSetting, type LimitSettings } from '../domain/rate-limits.js';
import {
  LETS_ENCRYPT_REQUEST_RATES,
  type RateClass,
  type RequestRate,
  type RequestRates,
} from '../domain/request-rates.js';

/** How the server behaves. Everything has a default: see acmeServerOptions. */
export interface AcmeServerOptions {
  readonly termsOfService?: string;
  readonly website?: string;
  /** What the CA is called in CAA records (RFC 8659); also shown in the directory. */
  readonly caaIdentities: readonly string[];
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly defaultProfile: string;
  readonly maxNames: number;
  readonly publicSuffixRequired: boolean;
  readonly forbiddenContactDomains: readonly string[];
  readonly limits: LimitSettings;
  readonly requestRates: RequestRates;
  /** The page that rate limit messages point to; an anchor is added. */
  readonly rateLimitPage: string;
  /** Where the message about paused names sends people. */
  readonly unpauseUrl: string;
  /** An order for the names of a certificate that is at most this old is a renewal. */
  readonly renewalExemptionSeconds: number;
  /** Of 100 good nonces, how many are rejected anyway, so that clients show what they do then. */
  readonly nonceRejectionPercent: number;
  readonly nonceSeconds: number;
  /** Retry-After while a challenge or an order is being processed. */
  readonly pollSeconds: number;
  /** Retry-After of renewalInfo. */
  readonly renewalInfoSeconds: number;
  /** CAA is looked at again for an authorization that was validated longer ago (Baseline Requirements: 8 hours). */
  readonly caaRecheckSeconds: number;
  /** How long an answer to finalize waits for the signer before it says `processing`. */
  readonly signingPatienceSeconds: number;
  /** After this long somebody else may take over a validation or a signing whose process died. */
  readonly leaseSeconds: number;
  readonly validationsInFlight: number;
  readonly signingsInFlight: number;
  readonly ordersPageSize: number;
  readonly maxBodyBytes: number;
}

/** What may be set; limits and profiles are merged with the defaults one by one. */
export interface AcmeServerSettings extends Partial<Omit<AcmeServerOptions, 'limits' | 'requestRates' | 'profiles'>> {
  readonly profiles?: Readonly<Record<string, Profile>>;
  /** `off` turns every limit off. */
  readonly limits?: 'off' | Readonly<Partial<Record<LimitName, LimitSetting>>>;
  readonly limitOverrides?: LimitSettings['overrides'];
  readonly limitSpeedUp?: number;
  /** `off` turns every rate off. */
  readonly requestRates?: 'off' | Readonly<Partial<Record<RateClass, RequestRate | 'off'>>>;
}

/**
 * New accounts are not limited unless somebody says so: behind a loopback listener or a proxy every client has the same
 * address.
 */
const DEFAULT_LIMITS: Readonly<Record<LimitName, LimitSetting>> = {
  ...LETS_ENCRYPT_LIMITS,
  newAccountsPerAddress: 'off',
  newAccountsPerIpv6Range: 'off',
};

const DEFAULTS: Omit<AcmeServerOptions, 'limits' | 'requestRates'> = {
  caaIdentities: [],
  profiles: DEFAULT_PROFILES,
  defaultProfile: 'classic',
  maxNames: 100,
  publicSuffixRequired: false,
  forbiddenContactDomains: [],
  rateLimitPage: 'https://letsencrypt.org/docs/rate-limits/',
  unpauseUrl: 'https://letsencrypt.org/docs/rate-limits/#consecutive-authorization-failures-per-identifier-per-account',
  renewalExemptionSeconds: 120 * 86_400,
  nonceRejectionPercent: 0,
  nonceSeconds: 3600,
  pollSeconds: 1,
  renewalInfoSeconds: 6 * 3600,
  caaRecheckSeconds: 7 * 3600,
  signingPatienceSeconds: 2,
  leaseSeconds: 60,
  validationsInFlight: 50,
  signingsInFlight: 50,
  ordersPageSize: 100,
  maxBodyBytes: 65_536,
};

/** The options with every default filled in. Throws when a profile that is named does not exist. */
export function acmeServerOptions(settings: AcmeServerSettings = {}): AcmeServerOptions {
  const { limits = {}, limitOverrides = {}, limitSpeedUp = 1, requestRates = {}, profiles, ...rest } = settings;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const options: AcmeServerOptions = {
    ...DEFAULTS,
    ...given,
    profiles: profiles ?? DEFAULTS.profiles,
    limits: {
      limits: limits === 'off' ? allOff(LETS_ENCRYPT_LIMITS) : { ...DEFAULT_LIMITS, ...limits },
      overrides: limitOverrides,
      speedUp: limitSpeedUp,
    },
    requestRates:
      requestRates === 'off' ? allOff(LETS_ENCRYPT_REQUEST_RATES) : { ...LETS_ENCRYPT_REQUEST_RATES, ...requestRates },
  };
  if (!(options.defaultProfile in options.profiles)) {
    throw new Error(`The default profile ${JSON.stringify(options.defaultProfile)} is not among the profiles.`);
  }
  if (!(limitSpeedUp > 0)) throw new Error('The speed-up of the limits must be above zero.');
  return options;
}

function allOff<Name extends string>(names: Readonly<Record<Name, unknown>>): Record<Name, 'off'> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, 'off'])) as Record<Name, 'off'>;
}
