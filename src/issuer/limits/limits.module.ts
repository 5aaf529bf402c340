import { type DynamicModule, Module } from '@nestjs/common';

import { DomainError } from '../../kernel/errors.js';
import type { AppConfig } from '../../platform/config/app-config.js';
import { ConfigurationError } from '../../platform/config/environment.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import { LIMIT_PROFILE } from './limit-profile.token.js';
import { readLimits } from './read-limits.js';
import { sandboxLimits } from './sandbox-limits.js';

/** The CA's limits, read once, before anything starts. */
@Module({})
export class LimitsModule {
  /** @throws ConfigurationError when the file of limits is wrong */
  static forConfig(config: Pick<AppConfig, 'acme' | 'sandbox'>): DynamicModule {
    return {
      module: LimitsModule,
      global: true,
      providers: [{ provide: LIMIT_PROFILE, useValue: limitProfileOf(config) }],
      exports: [LIMIT_PROFILE],
    };
  }
}

/** @throws ConfigurationError */
export function limitProfileOf({ acme, sandbox }: Pick<AppConfig, 'acme' | 'sandbox'>): LimitProfile {
  if (acme.limits === 'sandbox') return sandboxLimits(sandbox?.caSettingsFile);
  try {
    return readLimits(acme.limits);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new ConfigurationError([`FLEETCERT_ACME_LIMITS: ${error.detail}`]);
  }
}
