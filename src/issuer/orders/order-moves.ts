import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { type NewEvent, recordEvents } from '../../platform/events/record-events.js';
import { CaList } from '../accounts/ca-list.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { ORDERS_CHANNEL } from '../worker/queue-signal.js';
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

/** One move, and what it says in the order's timeline; without a note the order only learns where it is. */
interface Move {
  readonly order: MovableOrder;
  readonly home: string;
  readonly to: Placement;
  readonly note: string | undefined;
}

/** Writes down that orders are another CA's from now on. */
@Injectable()
export class OrderMoves {
  constructor(
    private readonly budget: IssuanceBudget,
    private readonly watch: CaWatch,
    private readonly list: CaList,
  ) {}

  /**
   * Moves orders whose rows the transaction has locked, all of them. What they had reserved at their old CAs is given
   * back. @returns what they leave behind there
   */
  async move(
    transaction: EntityManager,
    placements: readonly { readonly order: MovableOrder; readonly home: string; readonly to: Placement }[],
    now: Date,
  ): Promise<AbandonedOrder[]> {
    if (placements.length === 0) return [];
    const moves = placements.map(({ order, home, to }): Move => {
      const from = cameFrom(order);
      return { order, home, to, note: from === undefined || from === to.ca ? undefined : this.#note(from, home, to) };
    });
    await this.#write(transaction, moves, now);
    await transaction.query(`SELECT pg_notify($1, id) FROM unnest($2::text[]) AS id`, [
      ORDERS_CHANNEL,
      moves.filter(({ order, to }) => order.ca !== to.ca).map(({ order }) => order.id),
    ]);
    await this.#tell(transaction, moves, now);
    // The buckets come last, and in one order: whoever has a CA's lock waits for no order's row.
    const reserved = moves
      .filter(({ order, to }) => order.reserved_at !== null && order.reserved_at !== to.ca)
      .map(({ order }) => order);
    for (const { id } of reserved.toSorted((a, b) => (a.reserved_at! < b.reserved_at! ? -1 : 1))) {
      await this.budget.settle(transaction, id, 'nothing-came', now);
    }
    return moves.flatMap(({ order: { id, account_id, acme_order_url }, note }) =>
      note !== undefined && account_id !== null && acme_order_url !== null
        ? [{ orderId: id, accountId: account_id, acmeOrderUrl: acme_order_url }]
        : [],
    );
  }

  /** At the new CA an order begins anew, in its old place in the line. */
  async #write(transaction: EntityManager, moves: readonly Move[], now: Date): Promise<void> {
    await transaction.query(
      `UPDATE issuance_orders o
          SET ca = m.ca, ca_why = m.why, updated_at = $6, history = o.history || m.events::jsonb,
              account_id = CASE WHEN NOT m.leaves THEN o.account_id END,
              acme_order_url = CASE WHEN NOT m.leaves THEN o.acme_order_url END,
              replaces = CASE WHEN NOT m.leaves THEN o.replaces END,
              step = CASE WHEN m.leaves THEN 'queued' ELSE o.step END,
              step_at = CASE WHEN m.leaves AND o.step <> 'queued' THEN $6 ELSE o.step_at END,
              status = CASE WHEN m.leaves AND (held.by_ca OR o.status = 'issuing') THEN 'queued' ELSE o.status END,
              next_attempt_at = CASE WHEN m.leaves AND held.by_ca THEN least(o.next_attempt_at, $6) ELSE o.next_attempt_at END,
              failures = CASE WHEN m.leaves AND held.by_ca THEN 0 ELSE o.failures END,
              reason_code = CASE WHEN NOT (m.leaves AND held.by_ca) THEN o.reason_code END,
              reason = CASE WHEN NOT (m.leaves AND held.by_ca) THEN o.reason END
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[]) AS m (id, ca, why, events, leaves)
         JOIN (SELECT id, coalesce(reason_code = ANY ($7::text[]), true) AS by_ca FROM issuance_orders
                WHERE id = ANY ($1::uuid[])) AS held ON held.id = m.id
        WHERE o.id = m.id`,
      [
        moves.map(({ order }) => order.id),
        moves.map(({ to }) => to.ca),
        moves.map(({ to }) => to.why ?? null),
        moves.map(({ note }) => JSON.stringify(note ? [{ at: now.toISOString(), step: 'moved', note }] : [])),
        moves.map(({ note }) => note !== undefined),
        now,
        HELD_BY_CA,
      ],
    );
  }

  #note(fromCa: string, home: string, to: Placement): string {
    const from = this.list.nameOf(fromCa);
    const name = this.list.nameOf(to.ca);
    if (to.why === undefined || to.why === 'probe') return `From ${from} back to ${name}.`;
    return `From ${from} to ${name}: at ${this.list.nameOf(home)} ${WORDS[to.why]}.`;
  }

  /** A CA that is down, or has paused the account, is one event and not thousands. */
  async #tell(transaction: EntityManager, moves: readonly Move[], now: Date): Promise<void> {
    const states = await this.watch.states();
    const closed = new Map<string, { readonly to: string; readonly detail: string }>();
    const events: NewEvent[] = [];
    for (const { order, home, to, note } of moves) {
      if (note === undefined) continue;
      const { trouble, pause } = states.get(home) ?? {};
      const detail = to.why === 'down' ? trouble?.detail : to.why === 'paused' ? pause?.detail : undefined;
      if (detail !== undefined) closed.set(home, { to: to.ca, detail });
      else if (to.why === 'late' || to.why === 'paused') {
        const subject = { kind: 'device', id: order.device_id, name: order.device_name } as const;
        const message = `The order for ${order.device_name} goes to another CA. ${note}`;
        const data = { orderId: order.id, from: order.ca, to: to.ca, why: to.why };
        events.push({ type: 'order.moved', subject, message, data, at: now });
      }
    }
    for (const [home, { to, detail }] of closed) await this.watch.fallsBack(transaction, home, to, detail, now);
    await recordEvents(transaction, events);
  }
}
