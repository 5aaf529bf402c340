/**
 * The generic cell rate algorithm, as Boulder uses it: one time a bucket, the theoretical arrival time (TAT), says how
 * full it is. Times and durations are milliseconds.
 */
export interface GcraLimit {
  /** How many may pass at once when the bucket is full. */
  readonly burst: number;
  /** One more is allowed every so many milliseconds. */
  readonly intervalMilliseconds: number;
}

export interface GcraDecision {
  readonly allowed: boolean;
  /** The TAT to store when allowed; the unchanged one when not (a refused request spends nothing). */
  readonly tat: number;
  /** Whole requests that may still pass now. */
  readonly remaining: number;
  /** Milliseconds until the same request would pass; 0 when allowed, Infinity when its cost exceeds the burst. */
  readonly retryAfterMilliseconds: number;
}

/** May a request of `cost` pass at `now`, when the bucket's TAT is `tat` (undefined: never used)? */
export function gcraSpend(limit: GcraLimit, tat: number | undefined, now: number, cost = 1): GcraDecision {
  const { burst, intervalMilliseconds: interval } = limit;
  const base = Math.max(tat ?? now, now);
  const spent = base + cost * interval;
  const earliest = spent - burst * interval;
  if (cost > burst) {
    return { allowed: false, tat: base, remaining: remainingAt(limit, base, now), retryAfterMilliseconds: Infinity };
  }
  if (now < earliest) {
    return {
      allowed: false,
      tat: base,
      remaining: remainingAt(limit, base, now),
      retryAfterMilliseconds: earliest - now,
    };
  }
  return { allowed: true, tat: spent, remaining: remainingAt(limit, spent, now), retryAfterMilliseconds: 0 };
}

/** The TAT after `cost` is given back; never earlier than `now` (a bucket holds no more than its burst). */
export function gcraRefund(limit: GcraLimit, tat: number, now: number, cost = 1): number {
  return Math.max(now, tat - cost * limit.intervalMilliseconds);
}

function remainingAt(limit: GcraLimit, tat: number, now: number): number {
  return Math.max(0, Math.floor(limit.burst - (Math.max(tat, now) - now) / limit.intervalMilliseconds + 1e-9));
}

/** Whole requests that may pass now. */
export function gcraRemaining(limit: GcraLimit, tat: number | undefined, now: number): number {
  return remainingAt(limit, tat ?? now, now);
}
