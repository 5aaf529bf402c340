import { setTimeout as sleep } from 'node:timers/promises';

import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { NotificationListener } from '../../platform/database/notification-listener.js';
import { withLogFields } from '../../platform/logging/log-fields.js';
import { type ConnectedAccount, planningAccount } from '../accounts/ca-accounts.js';
import { CaList } from '../accounts/ca-list.js';
import { CaSetup } from '../accounts/ca-setup.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { decideOnFailure, wordsOf } from '../domain/failure.js';
import { OrderRouting } from '../orders/order-routing.js';
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
const SHORTEST_ROUTING_MILLISECONDS = 200;

/** One CA, and how its set-up goes. */
interface Place {
  readonly ca: string;
  setup: Promise<void> | undefined;
  retrySeconds: number;
  /** By performance.now(). */
  retryAt: number;
}

/**
 * Claims due orders and runs them, so many at once as configured. Any number of servers do this side by side: a lease
 * keeps an order with one of them, and lets another one take over when that one dies.
 */
@Injectable()
export class OrderWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(OrderWorker.name);
  readonly #active = new Map<Lease, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #places: readonly Place[];
  #routeAt = -Infinity;
  #loop: Promise<void> | undefined;
  #unsubscribe: () => void = () => undefined;
  #renewals: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: OrderQueue,
    private readonly presence: ServerPresence,
    private readonly pipeline: IssuancePipeline,
    private readonly setup: CaSetup,
    private readonly list: CaList,
    private readonly watch: CaWatch,
    private readonly routing: OrderRouting,
    private readonly signal: QueueSignal,
    private readonly speed: IssuanceSpeed,
    private readonly timings: WorkerTimings,
    private readonly notifications: NotificationListener,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    this.#places = list.all.map(({ directoryUrl }) => ({
      ca: directoryUrl,
      setup: undefined,
      retrySeconds: timings.firstSetupRetrySeconds,
      retryAt: -Infinity,
    }));
  }

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
      Promise.all([...this.#active.values(), ...this.#places.map(({ setup }) => setup)]),
      sleep(this.timings.stopSeconds * 1000, undefined, { ref: false }),
    ]);
    clearInterval(this.#renewals);
    await this.#release([...this.#active.keys()]);
    await this.presence.end();
  }

  async #work(): Promise<void> {
    let retrySeconds = this.timings.firstSetupRetrySeconds;
    for (let turn = 0; !this.#stop.signal.aborted; turn++) {
      let waitSeconds: number;
      try {
        waitSeconds = await this.#round(turn);
        retrySeconds = this.timings.firstSetupRetrySeconds;
      } catch (error) {
        this.#tellFault(error);
        waitSeconds = retrySeconds;
        retrySeconds = Math.min(retrySeconds * 2, this.timings.lastSetupRetrySeconds);
      }
      if (!this.#stop.signal.aborted) await this.signal.wait(waitSeconds * 1000);
    }
  }

  /** Each CA has its turn to be the first that gets the free places. @returns seconds until the next round */
  async #round(turn: number): Promise<number> {
    await this.#route();
    let wakeAt = Infinity;
    for (let i = 0; i < this.#places.length; i++) {
      const place = this.#places[(turn + i) % this.#places.length]!;
      const account = await this.#accountAt(place);
      if (account === undefined) {
        wakeAt = Math.min(wakeAt, this.clock.now().getTime() + place.retrySeconds * 1000);
        continue;
      }
      // Most of the time there is nothing to do for a CA that others fall back to.
      const isFirst = place.ca === this.list.first.directoryUrl;
      if (!isFirst && !(await this.queue.isAnyDue(place.ca, this.clock.now()))) continue;
      await this.#claim(account);
      wakeAt = Math.min(wakeAt, this.queue.wakeAt ?? Infinity);
    }
    // The planner knows when the next order may start.
    const seconds = (wakeAt - this.clock.now().getTime()) / 1000;
    return Math.min(Math.max(seconds, SHORTEST_POLL_SECONDS), this.timings.pollSeconds);
  }

  /** A busy worker has many rounds a second, and orders leave a CA now and then. */
  async #route(): Promise<void> {
    if (performance.now() < this.#routeAt) return;
    await this.routing.route();
    this.#routeAt = performance.now() + SHORTEST_ROUTING_MILLISECONDS;
  }

  /** Our account at the CA, once it is set up; that is tried in the background, so that no CA waits for another one. */
  async #accountAt(place: Place): Promise<ConnectedAccount | undefined> {
    const account = this.setup.account(place.ca);
    if (account !== undefined) return account;
    // The pause after an error is kept, whatever wakes this worker meanwhile.
    if (place.setup === undefined && performance.now() >= place.retryAt) {
      place.setup = this.#setUp(place).finally(() => {
        place.setup = undefined;
        this.signal.wake();
      });
    }
    return undefined;
  }

  /** Never rejects. */
  async #setUp(place: Place): Promise<void> {
    try {
      await this.setup.ready(place.ca);
      await this.watch.isSetUp(place.ca);
      place.retrySeconds = this.timings.firstSetupRetrySeconds;
    } catch (error) {
      await this.#explain(place.ca, error);
      place.retryAt = performance.now() + place.retrySeconds * 1000;
      place.retrySeconds = Math.min(place.retrySeconds * 2, this.timings.lastSetupRetrySeconds);
    }
  }

  async #claim(account: ConnectedAccount): Promise<void> {
    const room = this.config.acme.ordersInFlight - this.#active.size;
    if (room <= 0) return;
    if (!this.presence.isShown) await this.#showPresence();
    const { owner } = this.presence;
    const { directoryUrl } = account.ca;
    const now = this.clock.now();
    const { mostStarted, isProbe } = await this.routing.startsAt(directoryUrl, room, now);
    const claimed = await this.queue.claim(
      owner,
      planningAccount(account),
      room,
      now,
      this.timings.leaseSeconds,
      mostStarted,
    );
    if (isProbe && claimed.length > 0) await this.watch.probed(directoryUrl);
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
      const { id: orderId, deviceId, requestId } = claimed.order;
      const end = await withLogFields({ orderId, deviceId, ...(requestId !== undefined && { requestId }) }, () =>
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

  #tellFault(thrown: unknown): void {
    const failure = failureOf(thrown);
    if (failure.kind === 'internal') this.logger.error({ err: thrown }, 'orders cannot be worked on');
    else this.logger.warn({ err: thrown }, `orders cannot be worked on: ${failure.kind}`);
  }

  /** Nothing can be claimed at a CA: tells whoever waits why, if the database is there to be told. */
  async #explain(ca: string, thrown: unknown): Promise<void> {
    const failure = failureOf(thrown);
    const decision = decideOnFailure(failure, { failures: 0, random: 0 });
    // What the CA refuses here is our account, not an order.
    const { code, reason } =
      failure.kind === 'refused' && decision.kind === 'fail'
        ? { code: 'ca_account' as const, reason: `The CA does not take our account: ${wordsOf(failure.problem)}` }
        : decision;
    if (failure.kind === 'internal') this.logger.error({ err: thrown, ca }, 'orders cannot be worked on');
    else this.logger.warn({ code, ca }, `orders cannot be worked on: ${reason}`);
    if (failure.kind === 'database') return;
    const shown = this.list.hasSeveral ? `${this.list.nameOf(ca)}: ${reason}` : reason;
    const cause = code === 'ca_account' ? 'account' : code === 'ca_unreachable' ? 'unreachable' : 'fault';
    try {
      if (failure.kind !== 'internal') await this.watch.failed(ca, cause, reason);
      await this.queue.explainWaiting(ca, code, shown, this.clock.now());
    } catch (cause) {
      this.logger.warn({ err: cause }, 'the reason could not be written');
    }
  }
}
