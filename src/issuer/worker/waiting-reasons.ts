import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { CaAccounts, type PlanningAccount } from '../accounts/ca-accounts.js';
import { isShared } from '../domain/limits/order-spends.js';
import type { PlannerState } from '../domain/planner/planner-state.js';
import { explain, explainOne } from '../domain/planner/explain.js';
import type { WaitingReason } from '../domain/planner/waiting-reason.js';
import { BucketTable } from '../limits/bucket-table.js';
import { IssuanceBudget } from '../limits/issuance-budget.js';
import { IssuanceSpeed } from './issuance-speed.js';
import { PlannerStore } from './planner-store.js';
import { WaitingOrders } from './waiting-orders.js';

/** What was found holds for so long; a short line, which costs nothing to look at again, for less. */
const KEPT_MILLISECONDS = 30_000;
const KEPT_SHORT_MILLISECONDS = 500;
const SHORT_LINE = 1000;
const NO_ACCOUNT = '00000000-0000-0000-0000-000000000000';

/**
 * Why each waiting order waits, and when its certificate is to be expected: as the planner sees it, worked out when
 * somebody asks, and kept in memory for half a minute. Nothing of it is stored, since every start changes all of it.
 */
@Injectable()
export class WaitingReasons {
  readonly #waiting: WaitingOrders;
  #reasons = new Map<string, WaitingReason>();
  #validUntil = -Infinity;
  #reading: Promise<void> | undefined;
  /** What a long line was explained from: a newer order is explained by it alone. */
  #known: { readonly account: PlanningAccount; readonly state: PlannerState } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CaAccounts,
    budget: IssuanceBudget,
    private readonly buckets: BucketTable,
    private readonly planner: PlannerStore,
    private readonly speed: IssuanceSpeed,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    this.#waiting = new WaitingOrders(budget.profile);
  }

  /** undefined for an order that does not wait. */
  async of(orderId: string, now: Date): Promise<WaitingReason | undefined> {
    const known = await this.all(now);
    const reason = known.get(orderId);
    if (reason !== undefined) return reason;
    // The order may be newer than what is known.
    if (this.#reasons.size > SHORT_LINE) return this.#ofNewOrder(orderId, now);
    this.#validUntil = -Infinity;
    return (await this.all(now)).get(orderId);
  }

  /** Every waiting order's, by its id. */
  async all(now: Date): Promise<ReadonlyMap<string, WaitingReason>> {
    if (performance.now() >= this.#validUntil) {
      this.#reading ??= this.#read(now).finally(() => (this.#reading = undefined));
      await this.#reading;
    }
    return this.#reasons;
  }

  async #read(now: Date): Promise<void> {
    const { directoryUrl } = this.config.acme;
    // Before there is an account its buckets are full, as they will be then.
    const account = (await this.accounts.registered()) ?? { id: NO_ACCOUNT, ca: directoryUrl, url: directoryUrl };
    const state = await this.#state(account, now);
    const found = explain(state, now.getTime());
    this.#known = { account, state };
    this.#reasons = new Map(found.map((reason) => [reason.order.id, reason]));
    const kept = found.length > SHORT_LINE ? KEPT_MILLISECONDS : KEPT_SHORT_MILLISECONDS;
    this.#validUntil = performance.now() + kept;
  }

  /** To read the whole line again for each new order would take longer than the line has between two of them. */
  async #ofNewOrder(orderId: string, now: Date): Promise<WaitingReason | undefined> {
    const known = this.#known;
    if (known === undefined) return undefined;
    const order = await this.#waiting.read(this.dataSource.manager, known.account, orderId, now);
    if (order === undefined) return undefined;
    const { queues } = known.state;
    if (!queues.find(orderId)) queues.add(order, now.getTime());
    const reason = explainOne(known.state, orderId, now.getTime());
    if (reason !== undefined && known === this.#known) this.#reasons.set(orderId, reason);
    return reason;
  }

  async #state(account: PlanningAccount, now: Date): Promise<PlannerState> {
    const { manager } = this.dataSource;
    this.#waiting.forget();
    const queues = await this.#waiting.lanes(manager, account, now);
    this.#waiting.forget();
    const keys = [...queues.lanes].flatMap(({ spends }) =>
      spends.filter(({ limitName }) => isShared(limitName)).map(({ key }) => key),
    );
    const [buckets, shares, inFlight] = await Promise.all([
      this.buckets.read(manager, account.ca, keys),
      this.planner.read(manager, account.ca),
      manager.query<{ orders: number }[]>(
        `SELECT count(*)::int AS orders FROM issuance_orders WHERE lease_id IS NOT NULL AND lease_expires_at > clock_timestamp()`,
      ),
    ]);
    return {
      queues,
      buckets,
      shares,
      inFlight: { standing: 0, manual: 0, new: inFlight[0]?.orders ?? 0 },
      inFlightLimit: this.config.acme.ordersInFlight,
      orderSeconds: this.speed.secondsPerOrder,
    };
  }
}
