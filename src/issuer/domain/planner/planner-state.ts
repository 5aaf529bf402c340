import type { BucketState } from '../limits/bucket.js';
import type { BucketKey } from '../limits/bucket-key.js';
import type { Spend } from '../limits/order-spends.js';
import type { ShareTags } from './fair-shares.js';
import type { OrderClass } from './order-class.js';
import type { InFlight, PlannerPolicy } from './planner-policy.js';
import type { WaitingOrder } from './waiting-order.js';
import type { WaitingQueues } from './waiting-queues.js';

/** How long an order is in flight where nobody has measured it. */
export const ORDER_SECONDS = 20;

/** Everything that a step decides by, for one account at one CA. Times are milliseconds since the epoch. */
export interface PlannerState {
  /** The waiting orders; they also carry the account and its limits. */
  readonly queues: WaitingQueues;
  /** The buckets that are not full; a missing one is. */
  readonly buckets: ReadonlyMap<BucketKey, BucketState>;
  /** Orders of this account that are in flight on all servers. */
  readonly inFlight: InFlight;
  /** How many may be. */
  readonly inFlightLimit: number;
  /** As the step before returned them; empty at first. */
  readonly shares: ShareTags;
  /** No order starts before (the CA is down, or has paused us; Infinity: until an operator acts). */
  readonly closedUntil?: number;
  /** Seconds from the start of an order to its certificate, on the average: for estimates alone. */
  readonly orderSeconds?: number;
  readonly policy?: PlannerPolicy;
}

/** A reservation to be made with the claim; `keptBack` tokens have to remain in the bucket after it. */
export interface PlannedSpend extends Spend {
  readonly keptBack: number;
}

/** An order to claim and start now, with all that has to be reserved in the same transaction. */
export interface PlannedStart {
  readonly order: WaitingOrder;
  readonly orderClass: OrderClass;
  readonly spends: readonly PlannedSpend[];
}

/** An order that waits for a bucket of its own (its exact set, its failures): its `notBefore`, to be stored. */
export interface Postponed {
  readonly order: WaitingOrder;
  readonly until: number;
  /** The bucket that it waits for. */
  readonly bucket: Spend;
}

export interface Plan {
  readonly start: readonly PlannedStart[];
  readonly postpone: readonly Postponed[];
  /** To be stored with the claims. */
  readonly shares: ShareTags;
  /** When a step may start something, if nothing is added or finished before; undefined: only then. */
  readonly wakeAt?: number;
}
