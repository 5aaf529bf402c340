import { setTimeout as sleep } from 'node:timers/promises';

import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { NotificationListener } from '../../platform/database/notification-listener.js';
import { withLogFields } from '../../platform/logging/log-fields.js';
import { type ConnectedAccount, planningAccount } from '../accounts/ca-accounts.js';
import { CaSetup } from '../accounts/ca-setup.js';
import { decideOnFailure, wordsOf } from '../domain/failure.js';
import { IssuancePipeline } from '../pipeline/issuance-pipeline.js';
import { failureOf } from '../pipeline/run-failure.js';
import { IssuanceSpeed } from './issuance-speed.js';
import type { Lease } from './lease.js';
import { type ClaimedOrder, OrderQueue } from './order-queue.js';
import { ORDERS_CHANNEL, QueueSignal } from './queue-signal.js';
import { ServerPresence } from './server-presence.js';
import { WorkerTimings } from './worker-timings.js';

/** The planner may be asked again so soon. */
const SHORTEST_POLL_SECONDS = 0.05;

/**
 * Claims due orders and runs them, so many at once as configured. Any number of servers do this side by side: a lease
 * keeps an order with one of them, and lets another one take over when that one dies.
 */
@Injectable()
export class OrderWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(OrderWorker.name);
  readonly #active = new Map<Lease, Promise<void>>();
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #unsubscribe: () => void = () => undefined;
  #renewals: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: OrderQueue,
    private readonly presence: ServerPresence,
    private readonly pipeline: IssuancePipeline,
    private readonly setup: CaSetup,
    private readonly signal: QueueSignal,
    private readonly speed: IssuanceSpeed,
    private readonly timings: WorkerTimings,
    private readonly notifications: NotificationListener,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.#unsubscribe = this.notifications.subscribe(ORDERS_CHANNEL, {
      onNotification: (payload) => this.signal.heard(payload),
      onConnected: () => this.signal.connected(),
    });
    this.#renewals = setInterval(() => void this.#renewLeases(), (this.timings.leaseSeconds * 1000) / 3);
    this.#loop = this.#work();
  }

  /**
   * Lets the steps under way end, then gives the orders back: another server, or the next start, goes on with them.
   * In this phase of a shutdown the zone and the database still work.
   */
  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe();
    this.signal.wake();
    await this.#loop;
    await Promise.race([
      Promise.all(this.#active.values()),
      sleep(this.timings.stopSeconds * 1000, undefined, { ref: false }),
    ]);
    clearInterval(this.#renewals);
    await this.#release([...this.#active.keys()]);
    await this.presence.end();
  }

  async #work(): Promise<void> {
    let retrySeconds = this.timings.firstSetupRetrySeconds;
    while (!this.#stop.signal.aborted) {
      let waitSeconds = this.timings.pollSeconds;
      try {
        const account = await this.setup.ready();
        retrySeconds = this.timings.firstSetupRetrySeconds;
        await this.#claim(account);
        waitSeconds = this.#secondsUntilNextStart();
      } catch (error) {
        await this.#explain(error);
        waitSeconds = retrySeconds;
        retrySeconds = Math.min(retrySeconds * 2, this.timings.lastSetupRetrySeconds);
      }
      // A wake may come of orders that cannot be helped yet: the pause after an error is kept all the same.
      if (!this.#stop.signal.aborted) await this.signal.wait(waitSeconds * 1000);
    }
  }

  /** The planner knows when the next order may start. */
  #secondsUntilNextStart(): number {
    const { wakeAt } = this.queue;
    if (wakeAt === undefined) return this.timings.pollSeconds;
    const seconds = (wakeAt - this.clock.now().getTime()) / 1000;
    return Math.min(Math.max(seconds, SHORTEST_POLL_SECONDS), this.timings.pollSeconds);
  }

  async #claim(account: ConnectedAccount): Promise<void> {
    const room = this.config.acme.ordersInFlight - this.#active.size;
    if (room <= 0) return;
    if (!this.presence.isShown) await this.#showPresence();
    const { owner } = this.presence;
    const claimed = await this.queue.claim(
      owner,
      planningAccount(account),
      room,
      this.clock.now(),
      this.timings.leaseSeconds,
    );
    for (const order of claimed) this.#start(order, account);
  }

  /** From now on the others know this server to be alive, so it may tell which of them are not. */
  async #showPresence(): Promise<void> {
    await this.presence.show();
    const orders = await this.queue.releaseOfDead(this.presence.owner, this.clock.now());
    if (orders > 0) this.logger.log({ orders }, 'orders of servers that have died are taken over');
  }

  #start(claimed: ClaimedOrder, account: ConnectedAccount): void {
    const run = this.#run(claimed, account).finally(() => {
      this.#active.delete(claimed.lease);
      this.signal.wake();
    });
    this.#active.set(claimed.lease, run);
  }

  /** Never rejects. */
  async #run(claimed: ClaimedOrder, account: ConnectedAccount): Promise<void> {
    const startedAt = performance.now();
    try {
      const { id: orderId, deviceId } = claimed.order;
      const end = await withLogFields({ orderId, deviceId }, () =>
        this.pipeline.run(claimed, account, this.#stop.signal),
      );
      this.speed.ended(end ?? 'lost', (performance.now() - startedAt) / 1000);
      if (end === 'stopped') await this.#release([claimed.lease]);
    } catch (error) {
      // Not even the outcome could be written: the order keeps its lease until that expires, then it is resumed.
      this.logger.error({ err: error, orderId: claimed.order.id }, 'an order is left to its lease');
    }
  }

  async #renewLeases(): Promise<void> {
    try {
      await this.queue.renew([...this.#active.keys()], this.timings.leaseSeconds);
      await this.#showPresence();
    } catch (error) {
      this.logger.warn({ err: error }, 'leases could not be renewed');
    }
  }

  async #release(leases: readonly Lease[]): Promise<void> {
    try {
      await this.queue.release(leases);
    } catch (error) {
      this.logger.warn({ err: error }, 'leases could not be given back; they expire');
    }
  }

  /** Nothing can be claimed: tells whoever waits why, if the database is there to be told. */
  async #explain(thrown: unknown): Promise<void> {
    const failure = failureOf(thrown);
    const decision = decideOnFailure(failure, { failures: 0, random: 0 });
    // What the CA refuses here is our account, not an order.
    const { code, reason } =
      failure.kind === 'refused' && decision.kind === 'fail'
        ? { code: 'ca_account' as const, reason: `The CA does not take our account: ${wordsOf(failure.problem)}` }
        : decision;
    if (failure.kind === 'internal') this.logger.error({ err: thrown }, 'orders cannot be worked on');
    else this.logger.warn({ code }, `orders cannot be worked on: ${reason}`);
    if (failure.kind === 'database') return;
    try {
      await this.queue.explainWaiting(code, reason, this.clock.now());
    } catch (cause) {
      this.logger.warn({ err: cause }, 'the reason could not be written');
    }
  }
}
