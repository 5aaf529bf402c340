import type { DataSource } from 'typeorm';

import type { CaAccounts, PlanningAccount } from '../accounts/ca-accounts.js';
import type { CaWatch } from '../accounts/ca-watch.js';
import { isShared } from '../domain/limits/order-spends.js';
import { explain, explainOne } from '../domain/planner/explain.js';
import type { PlannerState } from '../domain/planner/planner-state.js';
import type { WaitingOrder } from '../domain/planner/waiting-order.js';
import type { WaitingReason } from '../domain/planner/waiting-reason.js';
import type { BucketTable } from '../limits/bucket-table.js';
import type { IssuanceBudget } from '../limits/issuance-budget.js';
import type { IssuanceSpeed } from './issuance-speed.js';
import type { PlannerStore } from './planner-store.js';
import { LIVE_SERVERS } from './server-presence.js';
import { WaitingOrders } from './waiting-orders.js';

/** What was found holds for so long; a short line, which costs nothing to look at again, for less. */
const KEPT_MILLISECONDS = 30_000;
const KEPT_SHORT_MILLISECONDS = 500;
const SHORT_LINE = 1000;
const NO_ACCOUNT = '00000000-0000-0000-0000-000000000000';

/** What a line is explained from. */
export interface LineSources {
  readonly dataSource: DataSource;
  readonly accounts: CaAccounts;
  readonly watch: CaWatch;
  readonly budget: IssuanceBudget;
  readonly buckets: BucketTable;
  readonly planner: PlannerStore;
  readonly speed: IssuanceSpeed;
  /** Orders in flight at once. */
  readonly inFlightLimit: number;
}

/** Why each order waits that is for one CA: as WaitingReasons says of all. */
export class LineReasons {
  readonly #waiting: WaitingOrders;
  #reasons = new Map<string, WaitingReason>();
  #validUntil = -Infinity;
  #reading: Promise<void> | undefined;
  /** What a long line was explained from: a newer order is explained by it alone. */
  #known: { readonly account: PlanningAccount; readonly state: PlannerState } | undefined;

  /** `caName`: where there are several CAs, reasons name theirs. */
  constructor(
    readonly ca: string,
    private readonly sources: LineSources,
    private readonly caName?: string,
  ) {
    this.#waiting = new WaitingOrders(sources.budget.profileOf(ca));
  }

  /** undefined for an order that does not wait, or not here. */
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

  /** When the certificates of orders could be expected that are not in this line, if they joined it. Milliseconds. */
  async ifJoined(orders: readonly WaitingOrder[], now: Date): Promise<ReadonlyMap<string, number>> {
    const state = await this.#state(await this.#account(), now);
    for (const order of orders) {
      // What exempts an order at one CA, or holds it there, does not at another.
      const { replacesWindow: _window, sameNamesIssuedAt: _issued, notBefore: _notBefore, ...plain } = order;
      state.queues.add(plain, now.getTime());
    }
    const joined = new Set(orders.map(({ id }) => id));
    const reasons = explain(state, now.getTime()).filter(({ order }) => joined.has(order.id));
    return new Map(reasons.map(({ order, estimatedAt }) => [order.id, estimatedAt]));
  }

  async #read(now: Date): Promise<void> {
    const account = await this.#account();
    const state = await this.#state(account, now);
    const found = explain(state, now.getTime());
    this.#known = { account, state };
    this.#reasons = new Map(found.map((reason) => [reason.order.id, this.#named(reason)]));
    const kept = found.length > SHORT_LINE ? KEPT_MILLISECONDS : KEPT_SHORT_MILLISECONDS;
    this.#validUntil = performance.now() + kept;
  }

  #named(reason: WaitingReason): WaitingReason {
    return this.caName === undefined ? reason : { ...reason, caName: this.caName };
  }

  /** Before there is an account its buckets are full, as they will be then. */
  async #account(): Promise<PlanningAccount> {
    return (await this.sources.accounts.registered(this.ca)) ?? { id: NO_ACCOUNT, ca: this.ca, url: this.ca };
  }

  /** To read the whole line again for each new order would take longer than the line has between two of them. */
  async #ofNewOrder(orderId: string, now: Date): Promise<WaitingReason | undefined> {
    const known = this.#known;
    if (known === undefined) return undefined;
    const order = await this.#waiting.read(this.sources.dataSource.manager, known.account, orderId, now);
    if (order === undefined) return undefined;
    const { queues } = known.state;
    if (!queues.find(orderId)) queues.add(order, now.getTime());
    const found = explainOne(known.state, orderId, now.getTime());
    const reason = found && this.#named(found);
    if (reason !== undefined && known === this.#known) this.#reasons.set(orderId, reason);
    return reason;
  }

  async #state(account: PlanningAccount, now: Date): Promise<PlannerState> {
    const { dataSource, buckets, planner, speed, watch, inFlightLimit } = this.sources;
    const { manager } = dataSource;
    this.#waiting.forget();
    const queues = await this.#waiting.lanes(manager, account, now);
    this.#waiting.forget();
    const keys = [...queues.lanes].flatMap(({ spends }) =>
      spends.filter(({ limitName }) => isShared(limitName)).map(({ key }) => key),
    );
    const [levels, shares, inFlight, states] = await Promise.all([
      buckets.read(manager, account.ca, keys),
      planner.read(manager, account.ca),
      manager.query<{ orders: number; servers: number }[]>(
        `SELECT count(*)::int AS orders, ${LIVE_SERVERS} AS servers
           FROM issuance_orders WHERE lease_id IS NOT NULL AND lease_expires_at > clock_timestamp()`,
      ),
      watch.states(),
    ]);
    return {
      queues,
      buckets: levels,
      shares,
      inFlight: { standing: 0, manual: 0, new: inFlight[0]?.orders ?? 0 },
      inFlightLimit: inFlightLimit * (inFlight[0]?.servers ?? 1),
      orderSeconds: speed.secondsPerOrder,
      ...(states.get(this.ca)?.paused && { closedUntil: Infinity }),
    };
  }
}
