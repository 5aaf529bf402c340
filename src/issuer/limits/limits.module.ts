import { type DynamicModule, Module } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import type { AppConfig } from '../../platform/config/app-config.js';
import { ConfigurationError } from '../../platform/config/environment.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import { CaList } from '../accounts/ca-list.js';
import { CA_LIMITS, LIMIT_PROFILE } from './limit-profile.token.js';
import { readLimits } from './read-limits.js';
import { sandboxLimits } from './sandbox-limits.js';

/** The CAs' limits, read once, before anything starts. */
@Module({})
export class LimitsModule {
  /** @throws ConfigurationError when a file of limits is wrong */
  static forConfig(config: Pick<AppConfig, 'acme' | 'sandbox'>): DynamicModule {
    return {
      module: LimitsModule,
      global: true,
      providers: [
        { provide: LIMIT_PROFILE, useValue: limitProfileOf(config) },
        { provide: CA_LIMITS, useValue: caLimitsOf(config) },
      ],
      exports: [LIMIT_PROFILE, CA_LIMITS],
    };
  }
}

/** The limits of the first CA. @throws ConfigurationError */
export function limitProfileOf({ acme, sandbox }: Pick<AppConfig, 'acme' | 'sandbox'>): LimitProfile {
  if (acme.limits === 'sandbox') return sandboxLimits(sandbox?.caSettingsFile);
  try {
    return readLimits(acme.limits);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new ConfigurationError([`FLEETCERT_ACME_LIMITS: ${error.detail}`]);
  }
}

/** The limits of all CAs and their stagings, by directory URL. @throws ConfigurationError naming every wrong file */
export function caLimitsOf(config: Pick<AppConfig, 'acme' | 'sandbox'>): ReadonlyMap<string, LimitProfile> {
  const [first, ...others] = new CaList(config).all;
  const limits = new Map([[first!.directoryUrl, limitProfileOf(config)]]);
  const problems: string[] = [];
  for (const { name, directoryUrl, limits: setting } of others) {
    try {
      limits.set(directoryUrl, readLimits(setting));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      problems.push(`FLEETCERT_ACME_CAS: the limits of ${name}: ${error.detail}`);
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return limits;
}
