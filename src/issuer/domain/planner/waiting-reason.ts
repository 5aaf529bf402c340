import { splitBucketKey } from '../limits/bucket-key.js';
import { describeDuration } from '../limits/duration.js';
import { limitRule } from '../limits/limit-rule.js';
import type { Spend } from '../limits/order-spends.js';
import type { Postponed } from './planner-state.js';
import type { WaitingOrder } from './waiting-order.js';

/**
 * `limit`: waits for a shared bucket. `slot`: waits for an order in flight to end, or for the next step. `deferred`:
 * rests until its `notBefore`, for a reason that is stored with it. `closed`: the CA takes no orders at present.
 */
export type WaitingCode = 'limit' | 'slot' | 'deferred' | 'closed';

/** Why one order waits. Times are milliseconds since the epoch. */
export interface WaitingReason {
  readonly order: WaitingOrder;
  readonly code: WaitingCode;
  /** The bucket that it waits for longest. */
  readonly bucket: Spend | undefined;
  /** Orders of the same group that are before it. */
  readonly ahead: number;
  readonly startAt: number;
  /** When its certificate is to be expected. */
  readonly estimatedAt: number;
  /** The CA that it waits for, where there are several. */
  readonly caName?: string;
}

/** The reason as a sentence for the device's log and the operator's page. */
export function waitingSentence(reason: WaitingReason): string {
  return reason.caName === undefined ? sentenceOf(reason) : `${reason.caName}: ${sentenceOf(reason)}`;
}

function sentenceOf(reason: WaitingReason): string {
  switch (reason.code) {
    case 'limit':
      return `${bucketSentence(reason.bucket!)} ${aheadSentence(reason.ahead)}`;
    case 'slot':
      return reason.ahead === 0
        ? 'It is next and starts as soon as an order in flight has ended.'
        : `No limit of the CA holds it; it waits until one of the orders in flight has ended. ${aheadSentence(reason.ahead)}`;
    case 'deferred':
      return `It is tried again at ${new Date(reason.startAt).toISOString()}.`;
    case 'closed':
      return Number.isFinite(reason.startAt)
        ? 'The CA takes no orders at present; it is asked again shortly.'
        : 'The CA has paused issuance until an operator acts.';
  }
}

/** Why an order was passed over, for its stored reason. */
export function postponedSentence({ bucket, until }: Postponed): string {
  return `${bucketSentence(bucket)} It is tried again at ${new Date(until).toISOString()}.`;
}

/** What a bucket that is empty means for everybody who waits for it. */
export function bucketSentence({ key, limitName, limit }: Spend): string {
  const { scope, title } = limitRule(limitName);
  const { subject } = splitBucketKey(key);
  const of = scope === 'registered-domain' ? `${title} (${subject})` : title;
  const every = describeDuration(limit.intervalMilliseconds / 1000);
  return `The CA limits ${of}: ${limit.burst} at once, then one every ${every}, and none is left.`;
}

function aheadSentence(ahead: number): string {
  if (ahead === 0) return 'It is the first of its group in the line.';
  return `${ahead === 1 ? 'One order of its group is' : `${ahead} orders of its group are`} before it.`;
}
