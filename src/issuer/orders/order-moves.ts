import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { recordEvents } from '../../platform/events/record-events.js';
import { CaList } from '../accounts/ca-list.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { QueueSignal } from '../worker/queue-signal.js';
import type { AwayReason, Placement } from '../domain/ca-choice.js';
import type { ReasonCode } from '../domain/order-reason.js';
import { IssuanceBudget } from '../limits/issuance-budget.js';

/** An open order that no server works on, with its row locked. */
export interface MovableOrder {
  readonly id: string;
  readonly device_id: string;
  readonly device_name: string;
  readonly names: readonly string[];
  readonly ca: string | null;
  readonly ca_why: AwayReason | null;
  readonly account_id: string | null;
  /** Whose account that is. */
  readonly account_ca: string | null;
  readonly acme_order_url: string | null;
  readonly reserved_at: string | null;
}

/** An order that has left its CA: what it has there, and its TXT records, are of no use any more. */
export interface AbandonedOrder {
  readonly orderId: string;
  readonly accountId: string;
  readonly acmeOrderUrl: string;
}

/** What held an order at its old CA does not hold it at the new one; a pause for its own failures does. */
const HELD_BY_CA: readonly ReasonCode[] = [
  'rate_limited',
  'paused',
  'ca_unreachable',
  'ca_error',
  'ca_account',
  'ca_settings',
  'waiting_for_ca',
  'ca_order_lost',
  'budget',
];

const WORDS: Readonly<Record<AwayReason, string>> = {
  down: 'nothing can be had there',
  paused: 'it has paused our account or the name',
  late: 'it could not issue in time by its limits',
  probe: 'one order looks whether it issues again',
  rehearsal: 'an order failed, and is tried at the staging first',
};

/** The CA that has something of the order, or would have; undefined for one that has not been anywhere. */
function cameFrom({ ca, account_ca, acme_order_url, reserved_at }: MovableOrder): string | undefined {
  const begunAt = acme_order_url === null ? null : account_ca;
  return ca ?? begunAt ?? reserved_at ?? undefined;
}

/** Writes down that an order is another CA's from now on. */
@Injectable()
export class OrderMoves {
  constructor(
    private readonly budget: IssuanceBudget,
    private readonly watch: CaWatch,
    private readonly list: CaList,
    private readonly signal: QueueSignal,
  ) {}

  /**
   * Moves orders whose rows the transaction has locked, all of them. What they had reserved at their old CAs is given
   * back. @returns what they leave behind there
   */
  async move(
    transaction: EntityManager,
    moves: readonly { readonly order: MovableOrder; readonly home: string; readonly to: Placement }[],
    now: Date,
  ): Promise<AbandonedOrder[]> {
    const abandoned: AbandonedOrder[] = [];
    for (const { order, home, to } of moves) {
      const from = cameFrom(order);
      const leaves = from !== undefined && from !== to.ca;
      const note = leaves ? this.#note(from, home, to) : undefined;
      await transaction.query(
        `UPDATE issuance_orders
            SET ca = $2, ca_why = $3, updated_at = $4, history = history || $5::jsonb
          WHERE id = $1`,
        [
          order.id,
          to.ca,
          to.why ?? null,
          now,
          JSON.stringify(note ? [{ at: now.toISOString(), step: 'moved', note }] : []),
        ],
      );
      if (order.ca !== to.ca) await this.signal.announce(transaction, order.id);
      if (note === undefined) continue;
      await this.#release(transaction, order, now);
      if (order.account_id !== null && order.acme_order_url !== null) {
        abandoned.push({ orderId: order.id, accountId: order.account_id, acmeOrderUrl: order.acme_order_url });
      }
      await this.#tell(transaction, order, home, to, note, now);
    }
    // The buckets come last, and in one order: whoever has a CA's lock waits for no order's row.
    const reserved = moves
      .filter(({ order, to }) => order.reserved_at !== null && order.reserved_at !== to.ca)
      .map(({ order }) => order);
    for (const { id } of reserved.toSorted((a, b) => (a.reserved_at! < b.reserved_at! ? -1 : 1))) {
      await this.budget.settle(transaction, id, 'nothing-came', now);
    }
    return abandoned;
  }

  /** At the new CA it begins anew, in its old place in the line. */
  async #release(transaction: EntityManager, { id }: MovableOrder, now: Date): Promise<void> {
    await transaction.query(
      `UPDATE issuance_orders o
          SET account_id = NULL, acme_order_url = NULL, replaces = NULL,
              step = 'queued', step_at = CASE WHEN o.step = 'queued' THEN o.step_at ELSE $2 END,
              status = CASE WHEN h.held THEN 'queued' WHEN o.status = 'issuing' THEN 'queued' ELSE o.status END,
              next_attempt_at = CASE WHEN h.held THEN least(o.next_attempt_at, $2) ELSE o.next_attempt_at END,
              failures = CASE WHEN h.held THEN 0 ELSE o.failures END,
              reason_code = CASE WHEN NOT h.held THEN o.reason_code END, reason = CASE WHEN NOT h.held THEN o.reason END
         FROM (SELECT id, coalesce(reason_code = ANY ($3::text[]), true) AS held FROM issuance_orders WHERE id = $1) AS h
        WHERE o.id = h.id`,
      [id, now, HELD_BY_CA],
    );
  }

  #note(fromCa: string, home: string, to: Placement): string {
    const from = this.list.nameOf(fromCa);
    const name = this.list.nameOf(to.ca);
    if (to.why === undefined || to.why === 'probe') return `From ${from} back to ${name}.`;
    return `From ${from} to ${name}: at ${this.list.nameOf(home)} ${WORDS[to.why]}.`;
  }

  async #tell(
    transaction: EntityManager,
    order: MovableOrder,
    home: string,
    to: Placement,
    note: string,
    now: Date,
  ): Promise<void> {
    const state = (await this.watch.states()).get(home);
    // A CA that is down, or has paused the account, is one event and not thousands.
    if (to.why === 'down' && state?.trouble) {
      await this.watch.fallsBack(transaction, home, to.ca, state.trouble.detail, now);
    } else if (to.why === 'paused' && state?.pause) {
      await this.watch.fallsBack(transaction, home, to.ca, state.pause.detail, now);
    } else if (to.why === 'late' || to.why === 'paused') {
      const subject = { kind: 'device', id: order.device_id, name: order.device_name } as const;
      const message = `The order for ${order.device_name} goes to another CA. ${note}`;
      const data = { orderId: order.id, from: order.ca, to: to.ca, why: to.why };
      await recordEvents(transaction, [{ type: 'order.moved', subject, message, data, at: now }]);
    }
  }
}
