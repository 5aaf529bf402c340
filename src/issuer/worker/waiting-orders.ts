import type { EntityManager } from 'typeorm';

import type { PlanningAccount } from '../accounts/ca-accounts.js';
import { exactSetSubject } from '../domain/limits/bucket-key.js';
import { registeredDomains } from '../domain/limits/registered-domain.js';
import type { LimitProfile } from '../domain/limits/limit-profile.js';
import type { WaitingOrder } from '../domain/planner/waiting-order.js';
import { WaitingQueues } from '../domain/planner/waiting-queues.js';
import { MAY_PROCEED, WAITS } from './order-conditions.js';

interface WaitingRow {
  id: string;
  names: string[];
  registered_domains: string[] | null;
  exact_set: string | null;
  group_name: string;
  queued_at: Date;
  next_attempt_at: Date;
  manual: boolean;
  not_before: Date | null;
  not_after: Date | null;
  issued_at: Date | null;
  replaceable: boolean | null;
  same_names: boolean | null;
  in_force: boolean | null;
  ari_window_start: Date | null;
  ari_window_end: Date | null;
  ari_revoked: boolean | null;
}

/** So many orders are read anew for every step: it costs some milliseconds. */
const READ_EVERY_TIME = 1000;
/** A longer line is kept in memory for so many times as long as it took to read it, */
const KEPT_FOR_READINGS = 20;
/** but not longer. */
const LONGEST_KEPT_MILLISECONDS = 15_000;
/** With more that were announced since the last step, the whole line is read. */
const MOST_READ_ALONE = 1000;

/**
 * The waiting orders in lanes, as the planner wants them. A long line is not read from the database for each step, but
 * kept and brought up to date with what this server does itself, and with the orders that any server announces; what
 * others have started meanwhile shows when an order is locked, and at the next reading.
 */
export class WaitingOrders {
  #queues: WaitingQueues | undefined;
  #account = '';
  #size = 0;
  #readAt = -Infinity;
  #keepMilliseconds = 0;
  /** Not in the kept line yet. An announcement comes after its commit, so that a reading that begins later has it. */
  #announced = new Set<string>();
  /** Announcements were lost, or are too many to be read alone. */
  #hasMissed = false;

  constructor(private readonly profile: LimitProfile) {}

  /** The lanes at `now`. They are this object's: `remove` and `postpone` change them. */
  async lanes(manager: EntityManager, account: PlanningAccount, now: Date): Promise<WaitingQueues> {
    const age = performance.now() - this.#readAt;
    const isFresh = this.#account === account.id && age < this.#keepMilliseconds && !this.#hasMissed;
    if (this.#queues && this.#size > READ_EVERY_TIME && isFresh) {
      this.#queues.advance(now.getTime());
      await this.#addAnnounced(this.#queues, manager, account, now);
      return this.#queues;
    }
    const start = performance.now();
    this.#announced.clear();
    this.#hasMissed = false;
    const orders = await readWaiting(manager, account, now);
    this.#readAt = performance.now();
    this.#keepMilliseconds = Math.min((this.#readAt - start) * KEPT_FOR_READINGS, LONGEST_KEPT_MILLISECONDS);
    this.#account = account.id;
    this.#size = orders.length;
    this.#queues = new WaitingQueues(this.profile, account.url);
    for (const order of orders) this.#queues.add(order, now.getTime());
    return this.#queues;
  }

  /** An order is new, or due by somebody's act; undefined: it is not known which are. */
  announced(orderId: string | undefined): void {
    if (orderId !== undefined && this.#announced.size < MOST_READ_ALONE) {
      this.#announced.add(orderId);
    } else {
      this.#announced.clear();
      this.#hasMissed = true;
    }
  }

  /** One order as it is in the database now; undefined when it does not wait. */
  async read(manager: EntityManager, account: PlanningAccount, orderId: string, now: Date) {
    return (await readWaiting(manager, account, now, [orderId]))[0];
  }

  remove(orderId: string): void {
    this.#queues?.remove(orderId);
  }

  postpone(order: WaitingOrder, until: number, now: Date): void {
    if (this.#queues?.remove(order.id)) this.#queues.add({ ...order, notBefore: until }, now.getTime());
  }

  /** The next step reads the line anew. */
  forget(): void {
    this.#queues = undefined;
  }

  async #addAnnounced(
    queues: WaitingQueues,
    manager: EntityManager,
    account: PlanningAccount,
    now: Date,
  ): Promise<void> {
    if (this.#announced.size === 0) return;
    const ids = [...this.#announced];
    this.#announced.clear();
    const orders = await readWaiting(manager, account, now, ids);
    for (const id of ids) queues.remove(id);
    for (const order of orders) queues.add(order, now.getTime());
  }
}

/** All orders that wait for a start, or those of the ids that do; oldest first. */
async function readWaiting(
  manager: EntityManager,
  account: PlanningAccount,
  now: Date,
  ids?: readonly string[],
): Promise<WaitingOrder[]> {
  const rows: WaitingRow[] = await manager.query(
    `SELECT o.id, o.names, o.registered_domains, o.exact_set, coalesce(d.group_name, '') AS group_name, o.queued_at,
            o.next_attempt_at, o.manual, c.not_before, c.not_after, c.created_at AS issued_at,
            c.account_id = $1 AND c.not_after > $3 AND c.ari_cert_id IS NOT NULL AND c.names && o.names AS replaceable,
            c.directory_url = $2 AND c.names @> o.names AND c.names <@ o.names AS same_names,
            c.revoked_at IS NULL AND c.not_after > $3 AS in_force,
            c.ari_window_start, c.ari_window_end, c.ari_revoked
       FROM issuance_orders o
       JOIN devices d ON d.id = o.device_id
       LEFT JOIN LATERAL (
         SELECT c.*, a.directory_url FROM certificates c JOIN acme_accounts a ON a.id = c.account_id
          WHERE c.device_id = o.device_id ORDER BY c.created_at DESC LIMIT 1) c ON true
      WHERE ${WAITS} AND ${MAY_PROCEED} ${ids ? 'AND o.id = ANY ($4::uuid[])' : ''} ORDER BY o.queued_at, o.id`,
    [account.id, account.ca, now, ...(ids ? [ids] : [])],
  );
  return rows.map(waitingOrderOf);
}

function waitingOrderOf(row: WaitingRow): WaitingOrder {
  const { not_before: notBefore, not_after: notAfter } = row;
  const inForce = row.in_force === true && notAfter !== null && notBefore !== null;
  return {
    id: row.id,
    names: row.names,
    domains: row.registered_domains ?? registeredDomains(row.names),
    exactSet: row.exact_set ?? exactSetSubject(row.names),
    group: row.group_name,
    requestedAt: row.queued_at.getTime(),
    notBefore: row.next_attempt_at.getTime(),
    revoked: inForce && row.ari_revoked === true,
    manual: row.manual,
    ...(inForce && {
      expiresAt: notAfter.getTime(),
      atRiskAt: notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 6,
    }),
    ...(row.same_names === true && { sameNamesIssuedAt: row.issued_at!.getTime() }),
    ...(row.replaceable === true &&
      row.ari_window_start !== null && {
        replacesWindow: { start: row.ari_window_start.getTime(), end: row.ari_window_end!.getTime() },
      }),
  };
}
