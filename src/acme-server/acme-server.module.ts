import { type DynamicModule, Module } from '@nestjs/common';

import type { AppConfig } from '../platform/config/app-config.js';
import { SANDBOX_CA_SETTINGS, SandboxCaService } from './sandbox/sandbox-ca.service.js';
import { readSandboxCaSettings } from './sandbox/sandbox-ca-settings.js';

/** The server side of RFC 8555: today as the sandbox's CA. */
@Module({})
export class AcmeServerModule {
  /** @throws ConfigurationError when the settings file is wrong */
  static asSandboxCa(config: AppConfig): DynamicModule {
    return {
      module: AcmeServerModule,
      global: true,
      providers: [
        { provide: SANDBOX_CA_SETTINGS, useValue: readSandboxCaSettings(config.sandbox?.caSettingsFile) },
        SandboxCaService,
      ],
      exports: [SandboxCaService],
    };
  }
}
