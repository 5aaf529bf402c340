import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { IssuanceOrder } from '../domain/order.js';
import type { ReasonCode } from '../domain/order-reason.js';
import { selectOrders } from '../domain/order-selection.js';
import { IS_OPEN, ORDER_COLUMNS, orderOf, type OrderRow } from '../orders/order-row.js';
import { IssuanceBudget, type BudgetDecision } from './issuance-budget.js';
import { Lease } from './lease.js';
import { type LeaseOwner, PRESENCE_LOCK_CLASS } from './server-presence.js';

/** A lease outlives a slow request to the CA; a server that vanishes keeps its orders from the others for so long. */
export const LEASE_SECONDS = 30;

/** More candidates than there is room for: some of them may not fit the budget. */
const CANDIDATES_PER_ROOM = 4;

export interface ClaimedOrder {
  readonly order: IssuanceOrder;
  readonly lease: Lease;
}

/** Free to be claimed. Leases are compared between servers, so they go by the database's clock. */
const IS_FREE = `(o.lease_id IS NULL OR o.lease_expires_at <= clock_timestamp())`;

/** A suspended device's orders wait; a compromised key gets no certificate. */
const MAY_PROCEED = `
  EXISTS (SELECT 1 FROM devices d WHERE d.id = o.device_id AND d.state = 'active')
  AND NOT EXISTS (SELECT 1 FROM device_keys k WHERE k.spki_sha256 = o.spki_sha256 AND k.compromised_at IS NOT NULL)`;

/** Which orders are worked on, and by whom. */
@Injectable()
export class OrderQueue {
  constructor(
    private readonly dataSource: DataSource,
    private readonly budget: IssuanceBudget,
  ) {}

  /** Claims up to `count` due orders for `owner`; servers that claim at the same time get different ones. */
  claim(owner: LeaseOwner, count: number, now: Date, leaseSeconds = LEASE_SECONDS): Promise<ClaimedOrder[]> {
    const validUntil = performance.now() + leaseSeconds * 1000;
    return this.dataSource.transaction(async (transaction) => {
      const rows: OrderRow[] = await transaction.query(
        `SELECT ${ORDER_COLUMNS} FROM issuance_orders o
          WHERE ${IS_OPEN} AND o.next_attempt_at <= $1 AND ${IS_FREE} AND ${MAY_PROCEED}
          ORDER BY (o.acme_order_url IS NULL), o.queued_at LIMIT $2 FOR UPDATE OF o SKIP LOCKED`,
        [now, count * CANDIDATES_PER_ROOM],
      );
      const candidates = rows.map((row) => ({ ...orderOf(row), started: row.acme_order_url !== null }));
      const chosen = await this.withinBudget(transaction, selectOrders(candidates, now, count), now);
      return this.lease(transaction, chosen, owner, validUntil, leaseSeconds, now);
    });
  }

  private async withinBudget(
    transaction: EntityManager,
    orders: readonly (IssuanceOrder & { started: boolean })[],
    now: Date,
  ): Promise<IssuanceOrder[]> {
    if (orders.length === 0) return [];
    const requests = orders.map(({ id, deviceId, names, started }) => ({ orderId: id, deviceId, names, started }));
    const decisions = await this.budget.reserve(transaction, requests, now);
    const granted: IssuanceOrder[] = [];
    for (const [index, order] of orders.entries()) {
      const decision: BudgetDecision = decisions[index]!;
      if (decision.granted) granted.push(order);
      else {
        await transaction.query(
          `UPDATE issuance_orders SET status = 'deferred', reason_code = 'budget', reason = $2, next_attempt_at = $3,
                  updated_at = $4 WHERE id = $1`,
          [order.id, decision.reason, decision.until, now],
        );
      }
    }
    return granted;
  }

  private async lease(
    transaction: EntityManager,
    orders: readonly IssuanceOrder[],
    owner: LeaseOwner,
    validUntil: number,
    leaseSeconds: number,
    now: Date,
  ): Promise<ClaimedOrder[]> {
    if (orders.length === 0) return [];
    const claimed = orders.map((order) => ({ order, lease: new Lease(randomUUID(), order.id, validUntil) }));
    await transaction.query(
      `UPDATE issuance_orders o
          SET status = 'issuing', reason_code = NULL, reason = NULL, lease_id = claim.lease_id, lease_owner = $3, lease_server = $6,
              lease_expires_at = clock_timestamp() + $4 * interval '1 second', updated_at = $5
         FROM unnest($1::uuid[], $2::uuid[]) AS claim (order_id, lease_id) WHERE o.id = claim.order_id`,
      [
        claimed.map(({ order }) => order.id),
        claimed.map(({ lease }) => lease.id),
        owner.name,
        leaseSeconds,
        now,
        owner.server,
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

  /** Frees the orders of servers that have died (see ServerPresence). @returns how many */
  async releaseOfDead(self: LeaseOwner): Promise<number> {
    const [, count]: [unknown[], number] = await this.dataSource.query(
      `UPDATE issuance_orders SET lease_id = NULL, lease_owner = NULL, lease_server = NULL, lease_expires_at = NULL
        WHERE lease_id IS NOT NULL AND lease_server <> $1 AND lease_server NOT IN (
          SELECT objid::bigint FROM pg_locks
           WHERE locktype = 'advisory' AND classid::bigint = $2 AND objsubid = 2
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
      [self.server, PRESENCE_LOCK_CLASS],
    );
    return count;
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
  async explainWaiting(code: ReasonCode, reason: string, now: Date): Promise<void> {
    await this.dataSource.query(
      `UPDATE issuance_orders o SET reason_code = $1, reason = $2, updated_at = $3
        WHERE ${IS_OPEN} AND o.next_attempt_at <= $3 AND ${IS_FREE} AND o.reason IS DISTINCT FROM $2`,
      [code, reason, now],
    );
  }

  /** Makes orders due again that wait because the CA could not be reached, spread over `spreadSeconds`. */
  async wakeUnreachable(now: Date, spreadSeconds: number): Promise<number> {
    const [, count]: [unknown[], number] = await this.dataSource.query(
      `UPDATE issuance_orders o SET next_attempt_at = $1::timestamptz + random() * $2 * interval '1 second', updated_at = $1
        WHERE o.status = 'deferred' AND o.reason_code = 'ca_unreachable'
          AND o.next_attempt_at > $1::timestamptz + $2 * interval '1 second'`,
      [now, spreadSeconds],
    );
    return count;
  }
}
