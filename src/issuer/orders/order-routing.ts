import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { addSeconds, Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { CaList } from '../accounts/ca-list.js';
import { type CaState, isClosed, isInTrouble } from '../accounts/ca-state.js';
import { CaWatch } from '../accounts/ca-watch.js';
import { chooseCa, isLate, type Placement } from '../domain/ca-choice.js';
import { IS_FREE } from '../worker/order-conditions.js';
import { WaitingReasons } from '../worker/waiting-reasons.js';
import { AbandonedOrders } from './abandoned-orders.js';
import { HOME, homeOf } from './order-home.js';
import { type AbandonedOrder, type MovableOrder, OrderMoves } from './order-moves.js';
import { IS_OPEN, IS_TO_BE_REVOKED } from './order-row.js';

interface PlacedRow extends MovableOrder {
  readonly queued_at: Date;
  readonly next_attempt_at: Date;
  readonly home_url: string | null;
  readonly not_after: Date | null;
}

/** Moved in one transaction; the rest follows in the next round. */
const AT_ONCE = 500;
/** Orders of CAs that are not configured any more appear with a new configuration only. */
const STRAYS_EVERY_MILLISECONDS = 60_000;
/** A staging that keeps an order for longer is passed by. */
const LONGEST_REHEARSAL_SECONDS = 3600;
/** The CA may have issued for an order whose CSR it has: it is left there for so long. */
const FINALIZED_SECONDS = 86_400;
/** An order that has left is issued within this time, or it waits at the other CA too. */
const PROMPT_SECONDS = 60;
/** A certificate that ends so soon is not played with. */
const PRESSING_SECONDS = 86_400;

/**
 * Decides which CA an order is for, where several are configured: its own, or by the rules of domain/ca-choice.ts
 * another one. Looks only at orders whose place may have to change. Every server does this; rows that another one has
 * locked are skipped.
 */
@Injectable()
export class OrderRouting {
  #lookForStraysAt = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly list: CaList,
    private readonly watch: CaWatch,
    private readonly moves: OrderMoves,
    private readonly abandoned: AbandonedOrders,
    private readonly reasons: WaitingReasons,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** One round; @returns how many orders have another place now */
  async route(): Promise<number> {
    if (!this.list.hasSeveral) return this.#placeStrays();
    const now = this.clock.now();
    const states = await this.watch.states();
    let moved = await this.#placeStrays();
    const production = this.list.production.map(({ directoryUrl }) => states.get(directoryUrl)!);
    const closed = production.filter((state) => isClosed(state, now.getTime(), this.#patience));
    const closedUrls = closed.map(({ directoryUrl }) => directoryUrl);

    moved += await this.#replace(`o.ca IS NULL`, [], states, now);
    if (closed.length > 0 && closed.length < production.length) {
      for (const state of closed) moved += await this.#leave(state, states, now);
    }
    const troubled = production.filter(({ trouble }) => trouble !== undefined).map(({ directoryUrl }) => directoryUrl);
    if (troubled.length > 0) {
      const soon = new Date(now.getTime() + 2 * this.#patience);
      // From the certificates that end, which are few, and not from the orders that wait.
      moved += await this.#replace(
        `o.ca = ANY ($4) AND c.not_after <= $5 AND o.device_id IN (
           SELECT ending.device_id FROM certificates ending
            WHERE ending.revoked_at IS NULL AND ending.not_after > $1::timestamptz - interval '1 day' AND ending.not_after <= $5)`,
        [troubled, soon],
        states,
        now,
      );
    }
    if (production.some(({ pausedNames }) => pausedNames.size > 0)) {
      moved += await this.#replace(`o.reason_code = 'paused'`, [], states, now);
    }
    moved += await this.#replace(
      `o.ca_why IN ('down', 'paused') AND NOT (${HOME('$4', '$5')} = ANY ($6::text[])) AND o.acme_order_url IS NULL AND o.reservations IS NULL`,
      [this.#urls, this.list.first.directoryUrl, closedUrls],
      states,
      now,
    );
    return moved + (await this.#endRehearsals(states, now));
  }

  /**
   * How many orders may start at a CA, of `room`: none at one that has paused us, or that is down while there is another
   * one to go to; one now and then looks whether it is well again.
   */
  async startsAt(ca: string, room: number, now: Date): Promise<{ mostStarted: number; isProbe: boolean }> {
    const states = await this.watch.states();
    const state = states.get(ca);
    if (state === undefined || !isClosed(state, now.getTime(), this.#patience)) {
      return { mostStarted: room, isProbe: false };
    }
    const isProbe = this.watch.isProbeDue(state, now.getTime());
    const canLeave = this.#urls.some((url) => !isClosed(states.get(url)!, now.getTime(), this.#patience));
    if (!state.paused && !canLeave) return { mostStarted: room, isProbe };
    return { mostStarted: isProbe ? Math.min(1, room) : 0, isProbe };
  }

  get #patience(): number {
    return (this.config.acme.fallback?.afterSeconds ?? Infinity) * 1000;
  }

  get #urls(): string[] {
    return this.list.production.map(({ directoryUrl }) => directoryUrl);
  }

  /** Orders of CAs that are not configured any more: they are nobody's, or with one CA anybody's. */
  async #placeStrays(): Promise<number> {
    if (performance.now() < this.#lookForStraysAt) return 0;
    this.#lookForStraysAt = performance.now() + STRAYS_EVERY_MILLISECONDS;
    const configured = this.list.hasSeveral ? this.list.all.map(({ directoryUrl }) => directoryUrl) : [];
    const [, count]: [unknown[], number] = await this.dataSource.query(
      `UPDATE issuance_orders o SET ca = NULL, ca_why = NULL
        WHERE ${IS_OPEN} AND ${IS_FREE} AND o.ca IS NOT NULL AND o.ca <> ALL ($1::text[])`,
      [configured],
    );
    return count;
  }

  /** Orders leave a CA that is closed; when it is time to look whether it is well again, one of them stays. */
  async #leave(state: CaState, states: ReadonlyMap<string, CaState>, now: Date): Promise<number> {
    const { directoryUrl } = state;
    const isProbed = this.watch.isProbeDue(state, now.getTime());
    if (isProbed) await this.#keepOne(directoryUrl, now);
    return this.#replace(
      `o.ca = $4 AND ($5 OR o.ca_why IS DISTINCT FROM 'probe')`,
      [directoryUrl, !isProbed],
      states,
      now,
    );
  }

  /**
   * One that is due and the CA's own becomes the probe, if there is none yet: one that has just come, or that somebody
   * retries by hand, or that waits elsewhere too. None whose certificate ends soon.
   */
  async #keepOne(ca: string, now: Date): Promise<void> {
    await this.#transaction(async (transaction) => {
      const probes: unknown[] = await transaction.query(
        `SELECT 1 FROM issuance_orders o WHERE ${IS_OPEN} AND o.ca_why = 'probe' AND o.ca = $1 LIMIT 1`,
        [ca],
      );
      if (probes.length > 0) return [];
      const [row] = await this.#lock(
        transaction,
        `(o.ca = $4 OR o.ca_why IN ('down', 'paused') AND (o.manual OR o.updated_at <= $7))
          AND ${HOME('$5', '$6')} = $4 AND o.next_attempt_at <= $1 AND o.acme_order_url IS NULL AND o.reservations IS NULL
          AND (c.not_after IS NULL OR c.not_after <= $1 OR c.not_after > $8)`,
        [
          ca,
          this.#urls,
          this.list.first.directoryUrl,
          addSeconds(now, -PROMPT_SECONDS),
          addSeconds(now, PRESSING_SECONDS),
        ],
        now,
        1,
      );
      if (!row) return [];
      return this.moves.move(transaction, [{ order: row, home: ca, to: { ca, why: 'probe' } }], now);
    });
  }

  /** A staging that cannot be had is passed by: the order has waited for its failure already. */
  #endRehearsals(states: ReadonlyMap<string, CaState>, now: Date): Promise<number> {
    const away = this.list.all
      .filter(({ stagingOf, directoryUrl }) => stagingOf !== undefined && isInTrouble(states.get(directoryUrl)))
      .map(({ directoryUrl }) => directoryUrl);
    const since = new Date(now.getTime() - LONGEST_REHEARSAL_SECONDS * 1000);
    return this.#replace(
      `o.ca_why = 'rehearsal' AND o.next_attempt_at <= $1 AND (o.ca = ANY ($4) OR greatest(o.step_at, o.next_attempt_at) <= $5)`,
      [away, since],
      states,
      now,
    );
  }

  /**
   * Orders whose certificate ends before their turn comes, by what the planner expects, go to another CA. Looks at the
   * whole line: to be called now and then. @returns how many
   */
  async relieveLate(): Promise<number> {
    if (this.list.production.length < 2) return 0;
    const now = this.clock.now();
    const states = await this.watch.states();
    const wait = this.config.acme.fallback?.newDeviceWaitSeconds;
    const time = now.getTime();
    let moved = 0;
    for (const ca of this.#urls) {
      const late = (await this.reasons.at(ca, now))
        .map(({ order, estimatedAt }) => ({
          order,
          estimatedAt,
          deadline: order.expiresAt ?? (wait === undefined ? Infinity : order.requestedAt + wait * 1000),
        }))
        .filter(({ estimatedAt, deadline }) => isLate(estimatedAt, deadline, time))
        .toSorted((a, b) => a.deadline - b.deadline)
        .slice(0, AT_ONCE);
      if (late.length === 0) continue;
      const estimates = new Map(late.map(({ order, estimatedAt }) => [order.id, new Map([[ca, estimatedAt]])]));
      for (const other of this.#urls) {
        if (other === ca) continue;
        const there = await this.reasons.ifMoved(
          other,
          late.map(({ order }) => order),
          now,
        );
        for (const [id, at] of there) estimates.get(id)?.set(other, at);
      }
      moved += await this.#replace(
        `o.id = ANY ($4::uuid[]) AND o.ca = $5`,
        [[...estimates.keys()], ca],
        states,
        now,
        estimates,
      );
    }
    return moved;
  }

  /** Decides anew on orders that fit the condition. `$1` is the time. */
  async #replace(
    condition: string,
    parameters: readonly unknown[],
    states: ReadonlyMap<string, CaState>,
    now: Date,
    estimates: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map(),
  ): Promise<number> {
    let moved = 0;
    await this.#transaction(async (transaction) => {
      const rows = await this.#lock(transaction, condition, parameters, now, AT_ONCE);
      const moves = rows.flatMap((row) => {
        const { home, to } = this.#place(row, states, now, estimates.get(row.id));
        const stays = to.ca === row.ca && (to.why ?? null) === row.ca_why;
        return stays ? [] : [{ order: row, home, to }];
      });
      moved = moves.filter(({ order, to }) => order.ca !== to.ca).length;
      return this.moves.move(transaction, moves, now);
    });
    return moved;
  }

  #place(
    row: PlacedRow,
    states: ReadonlyMap<string, CaState>,
    now: Date,
    estimates: ReadonlyMap<string, number> = new Map(),
  ): { home: string; to: Placement } {
    const home = homeOf(row.home_url, this.list);
    const production = this.list.production.map(({ directoryUrl }) => states.get(directoryUrl)!);
    const wait = this.config.acme.fallback?.newDeviceWaitSeconds;
    const renews = row.not_after !== null && row.not_after > row.queued_at;
    const deadline = renews
      ? row.not_after!.getTime()
      : wait === undefined
        ? undefined
        : row.queued_at.getTime() + wait * 1000;
    const names = row.names.map((name) => name.replace(/^\*\./, ''));
    const pausedAt = production.filter(({ pausedNames }) => names.some((name) => pausedNames.has(name)));
    const to = chooseCa(
      {
        ...(row.ca !== null && { ca: row.ca }),
        ...(row.ca_why !== null && { why: row.ca_why }),
        home,
        ...(deadline !== undefined && { deadline }),
        pausedAt: new Set(pausedAt.map(({ directoryUrl }) => directoryUrl)),
        estimates,
      },
      production,
      { now: now.getTime(), patienceMilliseconds: this.#patience },
    );
    return { home, to };
  }

  /** Open orders that no server works on, and that may leave their CA; any of them, for putting 100,000 in order takes time. */
  #lock(
    transaction: EntityManager,
    condition: string,
    parameters: readonly unknown[],
    now: Date,
    count: number,
  ): Promise<PlacedRow[]> {
    return transaction.query(
      `SELECT o.id, o.device_id, d.name AS device_name, o.names, o.ca, o.ca_why, o.account_id, o.acme_order_url,
              (SELECT a.directory_url FROM acme_accounts a WHERE a.id = o.account_id) AS account_ca,
              o.reservations ->> 'ca' AS reserved_at, o.queued_at, o.next_attempt_at, c.not_after, c.home_url
         FROM issuance_orders o
         JOIN devices d ON d.id = o.device_id
         LEFT JOIN LATERAL (
           SELECT c.not_after, a.directory_url AS home_url FROM certificates c JOIN acme_accounts a ON a.id = c.account_id
            WHERE c.device_id = o.device_id AND c.revoked_at IS NULL ORDER BY c.created_at DESC LIMIT 1) c ON true
        WHERE ${IS_OPEN} AND ${IS_FREE} AND (${condition}) AND NOT (${IS_TO_BE_REVOKED})
          AND (o.step <> 'authorized' OR o.acme_order_url IS NULL OR o.step_at <= $1::timestamptz - $2 * interval '1 second'
               OR c.not_after <= $1::timestamptz + $3 * interval '1 millisecond')
        LIMIT ${count} FOR UPDATE OF o SKIP LOCKED`,
      [now, FINALIZED_SECONDS, Number.isFinite(this.#patience) ? 2 * this.#patience : 0, ...parameters],
    );
  }

  /** Cleans up after what a transaction has abandoned, once it is committed. */
  async #transaction(work: (transaction: EntityManager) => Promise<readonly AbandonedOrder[]>): Promise<void> {
    await this.abandoned.cleanUp(await this.dataSource.transaction(work));
  }
}
