import { Module } from '@nestjs/common';

import { DevicesModule } from '../devices/devices.module.js';
import { OperatorsModule } from '../operators/operators.module.js';
import { Sandbox } from './sandbox.js';

/** Demo devices for the sandbox; its CA is acme-server's. */
@Module({ imports: [DevicesModule, OperatorsModule], providers: [Sandbox], exports: [Sandbox] })
export class SandboxModule {}
