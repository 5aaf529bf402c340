import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** PostgreSQL's channel on which servers tell each other that an order is due. */
export const ORDERS_CHANNEL = 'fleetcert_orders';

/** Told of an order that was announced; of `undefined` when announcements may have been lost. */
export type AnnouncementListener = (orderId: string | undefined) => void;

/** Wakes the worker: there may be something to claim. A wake while it is busy is not lost. */
@Injectable()
export class QueueSignal {
  #pending = false;
  #resolve: (() => void) | undefined;
  readonly #listeners = new Set<AnnouncementListener>();

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

  /** A server has announced something. */
  heard(payload: string): void {
    if (payload !== '') for (const listener of this.#listeners) listener(payload);
    this.wake();
  }

  /** From now on announcements are heard; earlier ones may not have been. */
  connected(): void {
    for (const listener of this.#listeners) listener(undefined);
    this.wake();
  }

  onAnnouncement(listener: AnnouncementListener): void {
    this.#listeners.add(listener);
  }
}
