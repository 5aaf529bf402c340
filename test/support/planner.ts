import {
  emptied,
  FULL_BUCKET,
  release,
  reserve,
  settle,
  type BucketState,
} from '../../src/issuer/domain/limits/bucket.js';
import { BUILTIN_PROFILES } from '../../src/issuer/domain/limits/builtin-profiles.js';
import type { LimitProfile } from '../../src/issuer/domain/limits/limit-profile.js';
import { limitRule } from '../../src/issuer/domain/limits/limit-rule.js';
import { orderSubjects } from '../../src/issuer/domain/limits/order-spends.js';
import type { ShareTags } from '../../src/issuer/domain/planner/fair-shares.js';
import { SHARE_OF } from '../../src/issuer/domain/planner/order-class.js';
import { plan } from '../../src/issuer/domain/planner/plan.js';
import type { Plan, PlannedStart, PlannerState } from '../../src/issuer/domain/planner/planner-state.js';
import type { WaitingOrder } from '../../src/issuer/domain/planner/waiting-order.js';
import { WaitingQueues } from '../../src/issuer/domain/planner/waiting-queues.js';

export const ACCOUNT = 'https://ca.test/acct/1';

/** 2028-03-01: 45-day lifetimes are in force. */
export const START = Date.parse('2028-03-01T00:00:00Z');

export const DAY = 86_400_000;

let count = 0;

/** A new device's order, asked for at START; `names` default to a name of its own in example.com. */
export function aWaitingOrder(
  facts: Partial<Omit<WaitingOrder, 'domains' | 'exactSet'>> & { readonly zone?: string } = {},
): WaitingOrder {
  count += 1;
  const { zone = 'd.example.com', names = [`k${count}.${zone}`], ...rest } = facts;
  return {
    id: `order-${String(count).padStart(7, '0')}`,
    group: '',
    requestedAt: START,
    revoked: false,
    manual: false,
    ...orderSubjects(names),
    ...rest,
  };
}

/** A renewal that spends nothing: the same names were issued 30 days ago, 15 days are left. */
export function anExemptRenewal(facts: Parameters<typeof aWaitingOrder>[0] = {}): WaitingOrder {
  return aWaitingOrder({ sameNamesIssuedAt: START - 30 * DAY, expiresAt: START + 15 * DAY, ...facts });
}

export function aPlannerState(
  orders: readonly WaitingOrder[],
  state: Partial<PlannerState> & { readonly profile?: LimitProfile; readonly now?: number } = {},
): PlannerState {
  const { profile = BUILTIN_PROFILES.letsencrypt, now = START, ...rest } = state;
  return {
    queues: WaitingQueues.of(profile, ACCOUNT, orders, now),
    buckets: new Map(),
    inFlight: { standing: 0, manual: 0, new: 0 },
    inFlightLimit: 50,
    shares: new Map(),
    ...rest,
  };
}

/** What became of an order that `PlannerRun` started. */
export interface Started extends PlannedStart {
  readonly at: number;
}

/**
 * A worker in small: claims what the planner picks, reserves and settles, lets every order end after
 * `orderMilliseconds`, and moves its clock to the next moment at which something can happen.
 */
export class PlannerRun {
  readonly started: Started[] = [];
  readonly buckets = new Map<string, BucketState>();
  readonly queues: WaitingQueues;
  now: number;
  shares: ShareTags = new Map();
  #inFlight: { start: PlannedStart; endsAt: number }[] = [];

  constructor(
    orders: readonly WaitingOrder[],
    readonly options: {
      readonly profile?: LimitProfile;
      readonly inFlightLimit?: number;
      readonly orderMilliseconds?: number;
      readonly now?: number;
      /** Does the order's validation fail? */
      readonly fails?: (order: WaitingOrder) => boolean;
    } = {},
  ) {
    this.now = options.now ?? START;
    this.queues = new WaitingQueues(options.profile ?? BUILTIN_PROFILES.letsencrypt, ACCOUNT);
    for (const order of orders) this.queues.add(order, this.now);
  }

  state(): PlannerState {
    const inFlight = { standing: 0, manual: 0, new: 0 };
    for (const { start } of this.#inFlight) inFlight[SHARE_OF[start.orderClass]] += 1;
    return {
      queues: this.queues,
      buckets: this.buckets,
      inFlight,
      inFlightLimit: this.options.inFlightLimit ?? 50,
      shares: this.shares,
      orderSeconds: this.#orderMilliseconds / 1000,
    };
  }

  /** One planning step now; its starts are in flight afterwards. */
  step(): Plan {
    this.queues.advance(this.now);
    const planned = plan(this.state(), this.now);
    for (const start of planned.start) {
      this.queues.remove(start.order.id);
      for (const { key } of start.spends) this.buckets.set(key, reserve(this.buckets.get(key) ?? FULL_BUCKET));
      this.started.push({ ...start, at: this.now });
      this.#inFlight.push({ start, endsAt: this.now + this.#orderMilliseconds });
    }
    for (const { order, until } of planned.postpone) {
      this.queues.remove(order.id);
      this.queues.add({ ...order, notBefore: until }, this.now);
    }
    this.shares = planned.shares;
    return planned;
  }

  /** Runs until nothing is left to do, `until` has come, or so many steps were made. */
  run(until = Infinity, mostSteps = 100_000): void {
    for (let steps = 0; steps < mostSteps; steps++) {
      const { wakeAt = Infinity } = this.step();
      const end = this.#inFlight.reduce((soonest, { endsAt }) => Math.min(soonest, endsAt), Infinity);
      const next = Math.min(wakeAt, end);
      if (next > until || next === Infinity) return;
      this.now = next;
      this.#finish();
    }
    throw new Error(`not done after ${mostSteps} steps`);
  }

  get #orderMilliseconds(): number {
    return this.options.orderMilliseconds ?? 20_000;
  }

  #finish(): void {
    const ended = this.#inFlight.filter(({ endsAt }) => endsAt <= this.now);
    this.#inFlight = this.#inFlight.filter(({ endsAt }) => endsAt > this.now);
    for (const { start } of ended) {
      const failed = this.options.fails?.(start.order) ?? false;
      for (const { key, limit, limitName } of start.spends) {
        const bucket = this.buckets.get(key) ?? FULL_BUCKET;
        const rule = limitRule(limitName);
        const counted = rule.spentAt === 'new-order' || (rule.spentAt === 'failed-authorization') === failed;
        if (counted) this.buckets.set(key, settle(limit, bucket, this.now));
        else this.buckets.set(key, !failed && rule.emptiedBySuccess ? emptied(release(bucket)) : release(bucket));
      }
    }
  }
}
