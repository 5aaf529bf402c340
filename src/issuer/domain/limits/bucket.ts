import type { GcraLimit } from '../../../kernel/gcra.js';

/**
 * A bucket of the CA as far as we know it. `tat` (milliseconds) is what the CA has counted already; `reserved` is what
 * orders in flight may still make it count.
 *
 * Two numbers, because the CA counts later than we decide (at newOrder's arrival, or at issuance): moving the TAT at
 * the decision would place it too early by the time in flight whenever the bucket was full, and the last token of a
 * burst would be refused. A reservation is settled at or after the moment at which the CA counted, so that our TAT is
 * never earlier than the CA's.
 */
export interface BucketState {
  readonly tat: number;
  readonly reserved: number;
}

/** A bucket that nothing is known of: full. */
export const FULL_BUCKET: BucketState = { tat: 0, reserved: 0 };

/** How many more may be reserved at `now`, as a fraction; negative when more is reserved than there is. */
export function tokensAt(limit: GcraLimit, bucket: BucketState, now: number): number {
  const used = bucket.tat > now ? (bucket.tat - now) / limit.intervalMilliseconds : 0;
  return limit.burst - used - bucket.reserved;
}

/**
 * When the `nth` token from `now` on may be spent, if each is spent as it comes and `keptBack` stay untouched;
 * milliseconds since the epoch.
 */
export function timeOfNth(limit: GcraLimit, bucket: BucketState, now: number, nth: number, keptBack = 0): number {
  const room = limit.burst - bucket.reserved - keptBack - nth;
  return Math.max(now, Math.max(bucket.tat, now) - room * limit.intervalMilliseconds);
}

/**
 * Milliseconds since the epoch from which `count` may be reserved together while `keptBack` stay untouched, if nothing
 * else spends. Infinity when the bucket can never hold so many at once.
 */
export function earliestTime(limit: GcraLimit, bucket: BucketState, now: number, count = 1, keptBack = 0): number {
  return count + keptBack > limit.burst ? Infinity : timeOfNth(limit, bucket, now, count, keptBack);
}

/** Room for `count` at `now`? The same comparison as in `earliestTime`, so that a time named there is kept. */
export function canReserve(limit: GcraLimit, bucket: BucketState, now: number, count = 1, keptBack = 0): boolean {
  const room = limit.burst - bucket.reserved - keptBack - count;
  return room >= 0 && Math.max(bucket.tat, now) - room * limit.intervalMilliseconds <= now;
}

export function reserve(bucket: BucketState, count = 1): BucketState {
  return { tat: bucket.tat, reserved: bucket.reserved + count };
}

/** The reservation comes to nothing. */
export function release(bucket: BucketState, count = 1): BucketState {
  return { tat: bucket.tat, reserved: Math.max(0, bucket.reserved - count) };
}

/** The CA has counted a reservation, at `now` at the latest. */
export function settle(limit: GcraLimit, bucket: BucketState, now: number, count = 1): BucketState {
  return {
    tat: Math.max(bucket.tat, now) + count * limit.intervalMilliseconds,
    reserved: Math.max(0, bucket.reserved - count),
  };
}

/** A success ended the series that the bucket counts (consecutive failures). */
export function emptied(bucket: BucketState): BucketState {
  return { tat: 0, reserved: bucket.reserved };
}

/**
 * The CA refused with 429: it has counted more than we know (other software in the same domain, a lost answer). The
 * bucket is moved so that one passes after `retryAfterSeconds`; never to a fuller level than we knew.
 */
export function correctedByRefusal(
  limit: GcraLimit,
  bucket: BucketState,
  now: number,
  retryAfterSeconds: number,
): BucketState {
  const tat = now + retryAfterSeconds * 1000 + (limit.burst - 1) * limit.intervalMilliseconds;
  return { tat: Math.max(bucket.tat, tat), reserved: bucket.reserved };
}

/** A bucket of which `remaining` are left at `now`: what the CA's staff, crt.sh or an operator knows. */
export function primed(limit: GcraLimit, now: number, remaining: number, reserved = 0): BucketState {
  const left = Math.min(Math.max(remaining, 0), limit.burst);
  return { tat: now + (limit.burst - left) * limit.intervalMilliseconds, reserved };
}
