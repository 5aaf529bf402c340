import { Global, Module } from '@nestjs/common';

import { Clock, SystemClock } from '../../kernel/clock.js';
import { APP_CONFIG } from '../config/app-config.js';
import { openSecretBox } from './open-secret-box.js';
import { SecretBox } from './secret-box.js';

/** The clock and the key that secrets are sealed with. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: SecretBox, inject: [APP_CONFIG], useFactory: openSecretBox },
  ],
  exports: [Clock, SecretBox],
})
export class SecurityModule {}
