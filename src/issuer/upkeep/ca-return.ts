import { Injectable, Logger } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { AcmeConnector } from '../accounts/acme-connector.js';
import { CaList } from '../accounts/ca-list.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { AcmeProblemError, AcmeUnreachableError } from '../acme/acme-ca.js';
import { OrderQueue } from '../worker/order-queue.js';
import { QueueSignal } from '../worker/queue-signal.js';

/** The orders that waited for the CA come back over this time. */
const SPREAD_SECONDS = 30;

/**
 * An order whose CA cannot be reached waits for its backoff, up to a day, or goes to another CA. When the CA is back
 * there is nothing more to wait for: this asks for the CA's directory meanwhile, and wakes those orders when it was away
 * and answers again. (A CA whose directory always answered has another fault: there the backoff holds.)
 */
@Injectable()
export class CaReturn {
  private readonly logger = new Logger(CaReturn.name);
  readonly #away = new Set<string>();

  constructor(
    private readonly connector: AcmeConnector,
    private readonly queue: OrderQueue,
    private readonly watch: CaWatch,
    private readonly list: CaList,
    private readonly signal: QueueSignal,
    private readonly clock: Clock,
  ) {}

  async check(): Promise<void> {
    const states = await this.watch.states();
    await Promise.all(
      this.list.all.map(async ({ directoryUrl }) => {
        const isAway = states.get(directoryUrl)?.trouble?.cause === 'unreachable';
        if (isAway || (await this.queue.isAnyUnreachable(directoryUrl))) await this.#check(directoryUrl);
      }),
    );
  }

  async #check(ca: string): Promise<void> {
    try {
      await this.connector.ping(ca);
    } catch (error) {
      if (!(error instanceof AcmeUnreachableError) && !(error instanceof AcmeProblemError)) throw error;
      this.#away.add(ca);
      return;
    }
    if (!this.#away.delete(ca)) {
      await this.watch.answers(ca);
      return;
    }
    await this.watch.back(ca);
    const orders = await this.queue.wakeUnreachable(ca, this.clock.now(), SPREAD_SECONDS);
    this.logger.log({ ca, orders }, 'the CA can be reached again: the orders that waited for it are due');
    this.signal.wake();
  }
}
