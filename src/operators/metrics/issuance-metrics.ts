import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';

import { IssuanceSpeed } from '../../issuer/worker/issuance-speed.js';
import { Metrics } from '../../platform/metrics/metrics.js';

/** Seconds, from the claim of an order to its end. */
const BUCKETS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];

/** How an order's run can end; all of them are there from the beginning, so that a rate sees the first one. */
const ENDS = ['issued', 'failed', 'deferred', 'parked', 'stopped', 'lost'];

/** What this server did of the issuing. */
@Injectable()
export class IssuanceMetrics {
  constructor(metrics: Metrics, speed: IssuanceSpeed) {
    const registers = [metrics.registry];
    const runs = new Counter({
      name: 'fleetcert_order_runs_total',
      help: 'Runs of orders on this server by outcome',
      labelNames: ['outcome'],
      registers,
    });
    const seconds = new Histogram({
      name: 'fleetcert_order_run_duration_seconds',
      help: 'How long runs of orders took on this server',
      labelNames: ['outcome'],
      buckets: BUCKETS,
      registers,
    });
    for (const outcome of ENDS) runs.inc({ outcome }, 0);
    speed.onEnd((end, duration) => {
      runs.inc({ outcome: end });
      seconds.observe({ outcome: end }, duration);
    });
  }
}
