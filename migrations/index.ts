import type { MigrationInterface } from 'typeorm';

import { Devices1760000000001 } from './1760000000001-devices.js';
import { Issuer1760000000003 } from './1760000000003-issuer.js';
import { Operators1760000000005 } from './1760000000005-operators.js';

/** Every migration, oldest first. One that is not in this list does not run. */
export const migrations: (new () => MigrationInterface)[] = [
  Devices1760000000001,
  Issuer1760000000003,
  Operators1760000000005,
];
