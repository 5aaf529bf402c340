/**
 * The whole server, in a process that kills itself with SIGKILL when an order reaches a step: CRASH_AT names it, orders
 * listed in CRASH_SPARED pass. Run by crash.test.ts with scripts/ts-hook.mjs; production code knows nothing of this.
 */
import 'reflect-metadata';
import { writeSync } from 'node:fs';

import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';

import { AppModule } from '../../src/app.module.js';
import type { PipelineStep } from '../../src/issuer/domain/pipeline-step.js';
import { PipelineProbe } from '../../src/issuer/pipeline/pipeline-probe.js';
import { readConfig } from '../../src/platform/config/read-config.js';
import { configureHttp } from '../../src/platform/http/configure-http.js';

class KillingProbe extends PipelineProbe {
  readonly #spared = new Set((process.env['CRASH_SPARED'] ?? '').split(','));

  override reached(step: PipelineStep, orderId: string): void {
    if (step !== process.env['CRASH_AT'] || this.#spared.has(orderId)) return;
    writeSync(1, `crash: ${step} of ${orderId}\n`);
    process.kill(process.pid, 'SIGKILL');
    // The signal ends the process before the next instruction, or a few later: none of them may be ours.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  }
}

const config = readConfig(process.env as Record<string, string>, process.cwd());
const module = await Test.createTestingModule({ imports: [AppModule.forConfig(config)] })
  .overrideProvider(PipelineProbe)
  .useValue(new KillingProbe())
  .compile();
const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
configureHttp(app, config.http);
await app.listen(config.http.listen.port, config.http.listen.address);
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
