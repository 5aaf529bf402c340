import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** PostgreSQL's channel on which servers tell each other that an order is due. */
export const ORDERS_CHANNEL = 'fleetcert_orders';

/** Told of an order that was announced; of `undefined` when announcements may have been lost. */
export type AnnouncementListener = (orderId: string | undefined) => void;
/** Told of orders that a server has claimed. */
export type ClaimListener = (orderIds: readonly string[]) => void;

/** Before the ids of orders that were claimed. */
const CLAIMED = '-';
/** PostgreSQL takes no more than 8,000 octets in a notification. */
const MOST_IDS = 200;

/** Wakes the worker: there may be something to claim. A wake while it is busy is not lost. */
@Injectable()
export class QueueSignal {
  #pending = false;
  #resolve: (() => void) | undefined;
  readonly #listeners = new Set<AnnouncementListener>();
  readonly #claimListeners = new Set<ClaimListener>();

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Resolves at the next wake, or after so long. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#resolve = undefined;
    this.#pending = false;
  }

  /** Tells all servers, when the transaction commits; of an order that is due now, also which. */
  async announce(transaction: EntityManager, orderId = ''): Promise<void> {
    await transaction.query(`SELECT pg_notify($1, $2)`, [ORDERS_CHANNEL, orderId]);
  }

  /** Tells all servers that these orders need not be looked at any more. */
  async announceClaimed(transaction: EntityManager, orderIds: readonly string[]): Promise<void> {
    for (let start = 0; start < orderIds.length; start += MOST_IDS) {
      const payload = CLAIMED + orderIds.slice(start, start + MOST_IDS).join();
      await transaction.query(`SELECT pg_notify($1, $2)`, [ORDERS_CHANNEL, payload]);
    }
  }

  /** A server has announced something. */
  heard(payload: string): void {
    if (payload.startsWith(CLAIMED)) {
      const orderIds = payload.slice(CLAIMED.length).split(',');
      for (const listener of this.#claimListeners) listener(orderIds);
      return;
    }
    if (payload !== '') for (const listener of this.#listeners) listener(payload);
    this.wake();
  }

  /** From now on announcements are heard; earlier ones may not have been. */
  connected(): void {
    for (const listener of this.#listeners) listener(undefined);
    this.wake();
  }

  onClaimed(listener: ClaimListener): void {
    this.#claimListeners.add(listener);
  }

  onAnnouncement(listener: AnnouncementListener): void {
    this.#listeners.add(listener);
  }
}
