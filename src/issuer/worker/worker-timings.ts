import { Injectable } from '@nestjs/common';

import { LEASE_SECONDS } from './order-queue.js';

/** How patient the worker is; tests are less so. */
@Injectable()
export class WorkerTimings {
  /** Notifications wake the worker; this is for those that are lost, and for orders that become due by time. */
  readonly pollSeconds: number = 2;
  readonly leaseSeconds: number = LEASE_SECONDS;
  /** How long a shutdown waits for steps that are under way. */
  readonly stopSeconds: number = 15;
  /** Between tries to set up the account, doubled up to the second one. */
  readonly firstSetupRetrySeconds: number = 1;
  readonly lastSetupRetrySeconds: number = 60;
}
