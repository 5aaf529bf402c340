import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { HopelessOrders } from '../orders/hopeless-orders.js';
import { OrderRouting } from '../orders/order-routing.js';
import { Revocations } from '../revocation/revocations.js';
import { BucketSweep } from './bucket-sweep.js';
import { CaReturn } from './ca-return.js';
import { ChallengeSweep } from './challenge-sweep.js';
import { RenewalInfoPolls } from './renewal-info-polls.js';
import { SleepingDevices } from './sleeping-devices.js';

const ROUND_MILLISECONDS = 15_000;
/** Looking for left TXT records reads the whole zone's table. */
const SWEEP_EVERY_ROUNDS = 4;
/** So does looking for orders whose turn comes too late. */
const LATE_EVERY_ROUNDS = 2;

/**
 * What has to happen sooner or later, whoever does it. Every server does the rounds; each job is safe to be done by
 * several at once.
 */
@Injectable()
export class IssuerUpkeep {
  private readonly logger = new Logger(IssuerUpkeep.name);
  #running = false;
  #rounds = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly hopeless: HopelessOrders,
    private readonly challenges: ChallengeSweep,
    private readonly revocations: Revocations,
    private readonly caReturn: CaReturn,
    private readonly renewalInfo: RenewalInfoPolls,
    private readonly sleeping: SleepingDevices,
    private readonly bucketSweep: BucketSweep,
    private readonly watch: CaWatch,
    private readonly routing: OrderRouting,
    private readonly clock: Clock,
  ) {}

  /** One round; a job that fails does not keep the others from being done. */
  @Interval(ROUND_MILLISECONDS)
  async round(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.attempt('hopeless orders', () =>
        this.dataSource.transaction((transaction) => this.hopeless.fail(transaction, this.clock.now())),
      );
      await this.attempt('revocations', () => this.revocations.tellCa());
      await this.attempt("the CAs' return", () => this.caReturn.check());
      await this.attempt('renewal windows', () => this.renewalInfo.poll());
      if (this.#rounds % LATE_EVERY_ROUNDS === 0) {
        await this.attempt('orders that would be late', () => this.routing.relieveLate());
      }
      if (this.#rounds++ % SWEEP_EVERY_ROUNDS === 0) {
        await this.attempt('devices that sleep', () => this.sleeping.renew());
        await this.attempt('full buckets', () => this.bucketSweep.sweep());
        await this.attempt('forgotten pauses', () => this.watch.sweep());
        await this.attempt('stale challenges', () => this.challenges.sweep());
      }
    } finally {
      this.#running = false;
    }
  }

  private async attempt(what: string, job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
    } catch (error) {
      this.logger.warn({ err: error }, `upkeep of the issuer: ${what} will be tried again`);
    }
  }
}
