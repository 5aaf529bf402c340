import { Injectable, type OnModuleInit } from '@nestjs/common';

import { Readiness } from '../platform/health/readiness.js';
import { BoundListeners } from './listeners/bound-listeners.js';
import { DnsWorkers } from './workers/dns-workers.js';

/** Ready is a server whose listeners are bound, which they are not before the zones are loaded, and whose worker processes answer. */
@Injectable()
export class DnsHealth implements OnModuleInit {
  constructor(
    private readonly readiness: Readiness,
    private readonly bound: BoundListeners,
    private readonly workers: DnsWorkers,
  ) {}

  onModuleInit(): void {
    this.readiness.add('dns', () =>
      this.bound.addresses.length > 0 ? this.workers.missing() : 'the zones are not loaded and served yet',
    );
  }
}
