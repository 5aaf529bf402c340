import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { claimJob } from '../events/periodic-job.js';
import { AlarmBook, DELEGATION_SCOPE } from './alarm-book.js';
import { type DelegationLook, observeDelegation } from './delegation-observations.js';

/** Injection token of the DelegationLook; undefined where there is no parent to be asked. */
export const DELEGATION_LOOK = Symbol('DELEGATION_LOOK');

const LOOK_MILLISECONDS = 30_000;
const EVERY_SECONDS = 300;

/** Looks at the parents of our zones now and then: one server for all. */
@Injectable()
export class DelegationScan {
  private readonly logger = new Logger(DelegationScan.name);
  #running = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly book: AlarmBook,
    private readonly clock: Clock,
    @Optional() @Inject(DELEGATION_LOOK) private readonly look: DelegationLook | undefined,
  ) {}

  @Interval(LOOK_MILLISECONDS)
  async tick(): Promise<void> {
    if (this.#running || !this.look) return;
    this.#running = true;
    try {
      if (await claimJob(this.dataSource, 'delegation-scan', EVERY_SECONDS)) await this.scan(this.look);
    } catch (error) {
      this.logger.warn({ err: error }, 'the delegation will be looked at later');
    } finally {
      this.#running = false;
    }
  }

  /** A zone whose parent could not be asked keeps the alarm that it has, and gets none. */
  async scan(look: DelegationLook): Promise<void> {
    const seen = await Promise.all(
      look.zones.map(async (zone) => ({ zone, observations: await observeDelegation(zone, look) })),
    );
    const unknown = seen.filter(({ observations }) => observations === undefined).map(({ zone }) => zone);
    const kept = await this.book.open(DELEGATION_SCOPE, unknown);
    const observations = seen.flatMap(({ observations = [] }) => observations);
    await this.book.update(DELEGATION_SCOPE, [...observations, ...kept], this.clock.now());
  }
}
