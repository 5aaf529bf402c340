import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { CaProblem } from '../domain/failure.js';

/** An order that is about to be claimed. */
export interface BudgetRequest {
  readonly orderId: string;
  readonly deviceId: string;
  readonly names: readonly string[];
  /** The CA has an order of it already: nothing is spent once more. */
  readonly started: boolean;
}

/** Whether the CA's limits have room for it; if not, when they will, and the sentence that tells people. */
export type BudgetDecision =
  { readonly granted: true } | { readonly granted: false; readonly until: Date; readonly reason: string };

/**
 * Room in the CA's rate limits. It is reserved in the transaction that claims the order, before anything is spent at
 * the CA, and given back when no certificate comes of it.
 */
export abstract class IssuanceBudget {
  /** One decision a request, in order. */
  abstract reserve(
    transaction: EntityManager,
    requests: readonly BudgetRequest[],
    now: Date,
  ): Promise<readonly BudgetDecision[]>;

  /** The order has ended, or will begin anew: what was reserved for it is spent, or is given back. */
  abstract settle(transaction: EntityManager, orderId: string, certificateIssued: boolean, now: Date): Promise<void>;

  /** The order at the CA, and with it what was reserved, goes over to another order of ours. */
  abstract transfer(transaction: EntityManager, fromOrderId: string, toOrderId: string): Promise<void>;

  /** The CA has refused the order by 429. */
  abstract refused(
    orderId: string,
    problem: CaProblem,
    retryAfterSeconds: number | undefined,
    now: Date,
  ): Promise<void>;
}

/** No limits of our own (`FLEETCERT_ACME_LIMITS=none`): the CA's 429 defers the order that it hits, and only that. */
@Injectable()
export class UnlimitedBudget extends IssuanceBudget {
  async reserve(_transaction: EntityManager, requests: readonly BudgetRequest[]): Promise<readonly BudgetDecision[]> {
    return requests.map(() => ({ granted: true }));
  }

  async settle(): Promise<void> {}

  async transfer(): Promise<void> {}

  async refused(): Promise<void> {}
}
