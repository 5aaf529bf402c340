import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { PlanningAccount } from '../accounts/ca-accounts.js';
import type { IssuanceOrder } from '../domain/order.js';
import type { ReasonCode } from '../domain/order-reason.js';
import { IssuanceBudget } from '../limits/issuance-budget.js';
import { IS_OPEN } from '../orders/order-row.js';
import { Lease } from './lease.js';
import { OrderClaims, type StartedOrder } from './order-claims.js';
import { IS_FREE } from './order-conditions.js';
import { type LeaseOwner, PRESENCE_LOCK_CLASS } from './server-presence.js';

/** A lease outlives a slow request to the CA; a server that vanishes keeps its orders from the others for so long. */
export const LEASE_SECONDS = 30;

export interface ClaimedOrder {
  readonly order: IssuanceOrder;
  readonly lease: Lease;
}

/** Which orders are worked on, and by whom. */
@Injectable()
export class OrderQueue {
  constructor(
    private readonly dataSource: DataSource,
    private readonly claims: OrderClaims,
    private readonly budget: IssuanceBudget,
  ) {}

  /** When another claim may start something that the last one could not; milliseconds since the epoch. */
  get wakeAt(): number | undefined {
    return this.claims.wakeAt;
  }

  /**
   * Claims up to `count` orders for `owner`: those that go on, then what the planner starts (`mostStarted` at most).
   * Servers that claim at the same time get different ones.
   */
  claim(
    owner: LeaseOwner,
    account: PlanningAccount,
    count: number,
    now: Date,
    leaseSeconds = LEASE_SECONDS,
    mostStarted = count,
  ): Promise<ClaimedOrder[]> {
    const validUntil = performance.now() + leaseSeconds * 1000;
    return this.claims.claim(account, { server: owner.server, count, now, mostStarted }, (transaction, orders) =>
      this.lease(transaction, orders, owner, validUntil, leaseSeconds, now),
    );
  }

  private async lease(
    transaction: EntityManager,
    orders: readonly StartedOrder[],
    owner: LeaseOwner,
    validUntil: number,
    leaseSeconds: number,
    now: Date,
  ): Promise<ClaimedOrder[]> {
    if (orders.length === 0) return [];
    const claimed = orders.map(({ order }) => ({ order, lease: new Lease(randomUUID(), order.id, validUntil) }));
    await transaction.query(
      `UPDATE issuance_orders o
          SET status = 'issuing', reason_code = NULL, reason = NULL, lease_id = claim.lease_id, lease_owner = $3, lease_server = $6,
              lease_expires_at = clock_timestamp() + $4 * interval '1 second', updated_at = $5,
              share = coalesce(claim.share, o.share), reservations = coalesce(claim.reservations::jsonb, o.reservations)
         FROM unnest($1::uuid[], $2::uuid[], $7::text[], $8::text[]) AS claim (order_id, lease_id, share, reservations)
        WHERE o.id = claim.order_id`,
      [
        claimed.map(({ order }) => order.id),
        claimed.map(({ lease }) => lease.id),
        owner.name,
        leaseSeconds,
        now,
        owner.server,
        orders.map(({ start }) => start?.share ?? null),
        orders.map(({ start }) => (start?.reservations ? JSON.stringify(start.reservations) : null)),
      ],
    );
    return claimed;
  }

  /** Prolongs the leases, all in one statement; one that is not ours any more is marked lost. */
  async renew(leases: readonly Lease[], leaseSeconds = LEASE_SECONDS): Promise<void> {
    if (leases.length === 0) return;
    const validUntil = performance.now() + leaseSeconds * 1000;
    const [rows]: [{ lease_id: string }[], number] = await this.dataSource.query(
      `UPDATE issuance_orders SET lease_expires_at = clock_timestamp() + $2 * interval '1 second'
        WHERE lease_id = ANY ($1::uuid[]) RETURNING lease_id`,
      [leases.map(({ id }) => id), leaseSeconds],
    );
    const held = new Set(rows.map(({ lease_id }) => lease_id));
    for (const lease of leases) {
      if (held.has(lease.id)) lease.renewed(validUntil);
      else lease.lost();
    }
  }

  /**
   * Frees the orders of servers that have died (see ServerPresence). Of those that may have made an order at the CA,
   * and did not come to write it down, that one is counted and the rest of their slots given back. @returns how many
   */
  async releaseOfDead(self: LeaseOwner, now: Date): Promise<number> {
    return this.dataSource.transaction(async (transaction) => {
      const [rows]: [{ id: string; lost: boolean }[], number] = await transaction.query(
        `UPDATE issuance_orders o SET lease_id = NULL, lease_owner = NULL, lease_server = NULL, lease_expires_at = NULL
          WHERE o.id IN (SELECT id FROM issuance_orders
                          WHERE lease_id IS NOT NULL AND lease_server <> $1 AND lease_server NOT IN (
                            SELECT objid::bigint FROM pg_locks
                             WHERE locktype = 'advisory' AND classid::bigint = $2 AND objsubid = 2
                               AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                          ORDER BY id FOR UPDATE SKIP LOCKED)
          RETURNING o.id, o.reservations IS NOT NULL AND o.acme_order_url IS NULL AS lost`,
        [self.server, PRESENCE_LOCK_CLASS],
      );
      const lost = rows.filter((row) => row.lost).map(({ id }) => id);
      for (const id of lost.toSorted()) await this.budget.settle(transaction, id, 'unknown', now);
      return rows.length;
    });
  }

  /** Gives orders back as they are; any server may go on with them at once. */
  async release(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return;
    await this.dataSource.query(
      `UPDATE issuance_orders SET lease_id = NULL, lease_owner = NULL, lease_server = NULL, lease_expires_at = NULL
        WHERE lease_id = ANY ($1::uuid[])`,
      [leases.map(({ id }) => id)],
    );
  }

  /** While no order can be claimed at all (the CA or our account there does not work), tells those that are due why. */
  async explainWaiting(ca: string, code: ReasonCode, reason: string, now: Date): Promise<void> {
    await this.dataSource.query(
      `UPDATE issuance_orders o SET reason_code = $1, reason = $2, updated_at = $3
        WHERE ${IS_OPEN} AND (o.ca IS NULL OR o.ca = $4) AND o.next_attempt_at <= $3 AND ${IS_FREE}
          AND o.reason IS DISTINCT FROM $2`,
      [code, reason, now, ca],
    );
  }

  /** Is an order of this CA due? To be asked before a claim where there are several. */
  async isAnyDue(ca: string, now: Date): Promise<boolean> {
    const due: unknown[] = await this.dataSource.query(
      `SELECT 1 FROM issuance_orders o WHERE ${IS_OPEN} AND o.ca = $1 AND o.next_attempt_at <= $2 AND ${IS_FREE} LIMIT 1`,
      [ca, now],
    );
    return due.length > 0;
  }

  /** Does an order wait because the CA could not be reached? */
  async isAnyUnreachable(ca: string): Promise<boolean> {
    const waiting: unknown[] = await this.dataSource.query(
      `SELECT 1 FROM issuance_orders o
        WHERE o.status = 'deferred' AND o.reason_code = 'ca_unreachable' AND (o.ca IS NULL OR o.ca = $1) LIMIT 1`,
      [ca],
    );
    return waiting.length > 0;
  }

  /** Makes orders due again that wait because the CA could not be reached, spread over `spreadSeconds`. */
  async wakeUnreachable(ca: string, now: Date, spreadSeconds: number): Promise<number> {
    const [, count]: [unknown[], number] = await this.dataSource.query(
      `UPDATE issuance_orders o SET next_attempt_at = $1::timestamptz + random() * $2 * interval '1 second', updated_at = $1
        WHERE o.status = 'deferred' AND o.reason_code = 'ca_unreachable' AND (o.ca IS NULL OR o.ca = $3)
          AND o.next_attempt_at > $1::timestamptz + $2 * interval '1 second'`,
      [now, spreadSeconds, ca],
    );
    return count;
  }
}
