import { Injectable } from '@nestjs/common';

import type { PipelineStep } from '../domain/pipeline-step.js';

/**
 * Is told of each step of each issuance. Does nothing in the server; the crash test puts another one in its place,
 * which kills the process.
 */
@Injectable()
export class PipelineProbe {
  reached(_step: PipelineStep, _orderId: string): void {}
}
