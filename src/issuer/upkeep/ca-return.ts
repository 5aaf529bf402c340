import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { AcmeConnector } from '../accounts/acme-connector.js';
import { AcmeProblemError, AcmeUnreachableError } from '../acme/acme-ca.js';
import { OrderQueue } from '../worker/order-queue.js';
import { QueueSignal } from '../worker/queue-signal.js';

/** The orders that waited for the CA come back over this time. */
const SPREAD_SECONDS = 30;

/**
 * An order whose CA cannot be reached waits for its backoff, up to a day. When the CA is back there is nothing more to
 * wait for: this asks for the CA's directory meanwhile, and wakes those orders when it was away and answers again.
 * (A CA whose directory always answered has another fault: there the backoff holds.)
 */
@Injectable()
export class CaReturn {
  private readonly logger = new Logger(CaReturn.name);
  #away = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly connector: AcmeConnector,
    private readonly queue: OrderQueue,
    private readonly signal: QueueSignal,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async check(): Promise<void> {
    const waiting: unknown[] = await this.dataSource.query(
      `SELECT 1 FROM issuance_orders WHERE status = 'deferred' AND reason_code = 'ca_unreachable' LIMIT 1`,
    );
    if (waiting.length === 0) return;
    try {
      await this.connector.ping(this.config.acme.directoryUrl);
    } catch (error) {
      if (!(error instanceof AcmeUnreachableError) && !(error instanceof AcmeProblemError)) throw error;
      this.#away = true;
      return;
    }
    if (!this.#away) return;
    this.#away = false;
    const orders = await this.queue.wakeUnreachable(this.clock.now(), SPREAD_SECONDS);
    if (orders === 0) return;
    this.logger.log({ orders }, 'the CA can be reached again: the orders that waited for it are due');
    this.signal.wake();
  }
}
