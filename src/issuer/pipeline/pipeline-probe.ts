import { Injectable } from '@nestjs/common';

import type { PipelineStep } from '../domain/pipeline-step.js';
import { traceStep } from './order-trace.js';

/**
 * Is told of each step of each issuance. In the server it traces them, where that is on; the crash test puts another one
 * in its place, which kills the process.
 */
@Injectable()
export class PipelineProbe {
  reached(step: PipelineStep, _orderId: string): void {
    traceStep(step);
  }
}
