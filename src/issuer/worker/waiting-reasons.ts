import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { CaAccounts } from '../accounts/ca-accounts.js';
import { CaList } from '../accounts/ca-list.js';
import { CaWatch } from '../accounts/ca-watch.js';
import type { WaitingOrder } from '../domain/planner/waiting-order.js';
import type { WaitingReason } from '../domain/planner/waiting-reason.js';
import { BucketTable } from '../limits/bucket-table.js';
import { IssuanceBudget } from '../limits/issuance-budget.js';
import { IssuanceSpeed } from './issuance-speed.js';
import { LineReasons } from './line-reasons.js';
import { PlannerStore } from './planner-store.js';

/**
 * Why each waiting order waits, and when its certificate is to be expected: as the planner sees it, worked out when
 * somebody asks, and kept in memory for half a minute. Nothing of it is stored, since every start changes all of it.
 * Each CA has a line of its own.
 */
@Injectable()
export class WaitingReasons {
  readonly #lines: readonly LineReasons[];
  /** All lines together, and what they were made of. */
  #merged: { readonly of: readonly object[]; readonly reasons: ReadonlyMap<string, WaitingReason> } | undefined;

  constructor(
    dataSource: DataSource,
    accounts: CaAccounts,
    budget: IssuanceBudget,
    buckets: BucketTable,
    planner: PlannerStore,
    speed: IssuanceSpeed,
    list: CaList,
    watch: CaWatch,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    const inFlightLimit = config.acme.ordersInFlight;
    const sources = { dataSource, accounts, watch, budget, buckets, planner, speed, inFlightLimit };
    this.#lines = list.all.map(
      ({ directoryUrl, name }) => new LineReasons(directoryUrl, sources, list.hasSeveral ? name : undefined),
    );
  }

  /** undefined for an order that does not wait. */
  async of(orderId: string, now: Date): Promise<WaitingReason | undefined> {
    for (const line of this.#lines) {
      const known = (await line.all(now)).get(orderId);
      if (known !== undefined) return known;
    }
    for (const line of this.#lines) {
      const found = await line.of(orderId, now);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Every waiting order's, by its id. */
  async all(now: Date): Promise<ReadonlyMap<string, WaitingReason>> {
    const lines = await Promise.all(this.#lines.map((line) => line.all(now)));
    if (lines.length === 1) return lines[0]!;
    if (!this.#merged?.of.every((line, index) => line === lines[index])) {
      this.#merged = { of: lines, reasons: new Map(lines.flatMap((line) => [...line])) };
    }
    return this.#merged!.reasons;
  }

  /** Those of the orders that wait for one CA. */
  async at(ca: string, now: Date): Promise<readonly WaitingReason[]> {
    return [...((await this.#line(ca)?.all(now)) ?? new Map<string, WaitingReason>()).values()];
  }

  /** When the certificates of orders of another CA could be expected at this one; milliseconds since the epoch. */
  async ifMoved(ca: string, orders: readonly WaitingOrder[], now: Date): Promise<ReadonlyMap<string, number>> {
    return (await this.#line(ca)?.ifJoined(orders, now)) ?? new Map<string, number>();
  }

  #line(ca: string): LineReasons | undefined {
    return this.#lines.find((line) => line.ca === ca);
  }
}
