import { Injectable, type OnModuleInit } from '@nestjs/common';

import { Readiness } from '../platform/health/readiness.js';
import { BoundListeners } from './listeners/bound-listeners.js';

/** Ready is a server whose listeners are bound, which they are not before the zones are loaded. */
@Injectable()
export class DnsHealth implements OnModuleInit {
  constructor(
    private readonly readiness: Readiness,
    private readonly bound: BoundListeners,
  ) {}

  onModuleInit(): void {
    this.readiness.add('dns', () =>
      this.bound.addresses.length > 0 ? undefined : 'the zones are not loaded and served yet',
    );
  }
}
