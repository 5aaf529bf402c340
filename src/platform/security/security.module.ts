import { Global, Module } from '@nestjs/common';

import { Clock, SystemClock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { readOrMakeSecretFile } from './secret-file.js';
import { SecretBox } from './secret-box.js';

/** The clock and the key that secrets are sealed with. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    {
      provide: SecretBox,
      inject: [APP_CONFIG],
      useFactory: async (config: AppConfig) =>
        new SecretBox(
          config.secrets.secretKey ??
            Buffer.from(
              (
                await readOrMakeSecretFile(config.dataDirectory, 'secret-key', (random) =>
                  random(32).toString('base64'),
                )
              ).secret,
              'base64',
            ),
        ),
    },
  ],
  exports: [Clock, SecretBox],
})
export class SecurityModule {}
