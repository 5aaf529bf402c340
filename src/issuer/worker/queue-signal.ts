import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** PostgreSQL's channel on which servers tell each other that an order is due. */
export const ORDERS_CHANNEL = 'fleetcert_orders';

/** Wakes the worker: there may be something to claim. A wake while it is busy is not lost. */
@Injectable()
export class QueueSignal {
  #pending = false;
  #resolve: (() => void) | undefined;

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

  /** Tells all servers, when the transaction commits. */
  async announce(transaction: EntityManager): Promise<void> {
    await transaction.query(`SELECT pg_notify($1, '')`, [ORDERS_CHANNEL]);
  }
}
