import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

import { ServedZones } from '../../ddns/store/served-zones.js';
import { Secondaries } from '../../ddns/transfer/secondaries.js';
import { CaList } from '../../issuer/accounts/ca-list.js';
import { CaLimits } from '../../issuer/limits/ca-limits.js';
import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { claimJob } from '../events/periodic-job.js';
import { AlarmBook, FLEET_SCOPE, serverScope } from './alarm-book.js';
import { bucketLevels, observeCas, observeLimits } from './ca-observations.js';
import { observeDeliveries } from './delivery-observations.js';
import { observeFleet } from './fleet-observations.js';
import { feedLags, observeFeed, observeSecondaries } from './zone-observations.js';

const LOOK_MILLISECONDS = 10_000;
const EVERY_SECONDS = 30;

/** Looks for what is wrong: one server for the whole fleet, and each of them at itself. */
@Injectable()
export class AlarmScan {
  private readonly logger = new Logger(AlarmScan.name);
  private readonly scope = serverScope(randomUUID());
  private readonly server: string;
  #running = false;
  #isDisturbed = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly book: AlarmBook,
    private readonly secondaries: Secondaries,
    private readonly served: ServedZones,
    private readonly clock: Clock,
    private readonly cas: CaList,
    private readonly limits: CaLimits,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    this.server = `${hostname()}:${config.http.listen.port}`;
  }

  @Interval(LOOK_MILLISECONDS)
  async tick(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.scanServer();
      if (await claimJob(this.dataSource, 'alarm-scan', EVERY_SECONDS)) await this.scanFleet();
      this.#isDisturbed = false;
    } catch (error) {
      // Once an outage: the looks that follow have nothing new to say.
      if (!this.#isDisturbed) this.logger.warn({ err: error }, 'the look for alarms will be tried again');
      this.#isDisturbed = true;
    } finally {
      this.#running = false;
    }
  }

  /** What concerns everybody. */
  async scanFleet(): Promise<void> {
    const now = this.clock.now();
    const { alarms, dns } = this.config;
    const [deliveries, fleet, ca, levels, secondaries] = await Promise.all([
      observeDeliveries(this.dataSource),
      observeFleet(this.dataSource, alarms, now),
      observeCas(this.dataSource, this.cas),
      bucketLevels(this.dataSource, this.limits.all, now),
      observeSecondaries(this.dataSource, this.secondaries, dns.zones),
    ]);
    const limits = observeLimits(levels, alarms.limitLeftFraction);
    await this.book.update(FLEET_SCOPE, [...deliveries, ...fleet, ...ca, ...limits, ...secondaries], now);
  }

  /** What concerns this server alone. */
  async scanServer(): Promise<void> {
    const lags = await feedLags(this.dataSource, this.served);
    await this.book.update(this.scope, observeFeed(lags, this.server), this.clock.now());
  }
}
