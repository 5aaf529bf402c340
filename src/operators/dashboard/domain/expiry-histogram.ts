const WEEK_MILLISECONDS = 7 * 86_400_000;

/** Weeks that get a bar of their own: the lifetime of a classic certificate. */
export const HISTOGRAM_WEEKS = 13;

/** One bar: certificates that end from `from` (inclusive) to `to` (exclusive). */
export interface ExpiryBucket {
  readonly kind: 'expired' | 'week' | 'later';
  /** Weeks from now, for `week`: 0 is the coming one. */
  readonly week?: number;
  /** Absent for `expired`. */
  readonly from?: Date;
  /** Absent for `later`. */
  readonly to?: Date;
  readonly certificates: number;
}

/** How many certificates end in a week: -1 those that have ended, HISTOGRAM_WEEKS those beyond the last bar. */
export interface WeekCount {
  readonly week: number;
  readonly certificates: number;
}

/** Every bar from the past to far away, those without certificates too. */
export function expiryHistogram(counts: readonly WeekCount[], now: Date): ExpiryBucket[] {
  const byWeek = new Map<number, number>();
  for (const { week, certificates } of counts) {
    const index = Math.min(Math.max(week, -1), HISTOGRAM_WEEKS);
    byWeek.set(index, (byWeek.get(index) ?? 0) + certificates);
  }
  const at = (week: number): Date => new Date(now.getTime() + week * WEEK_MILLISECONDS);
  return [
    { kind: 'expired', to: now, certificates: byWeek.get(-1) ?? 0 },
    ...Array.from({ length: HISTOGRAM_WEEKS }, (_, week): ExpiryBucket => {
      return { kind: 'week', week, from: at(week), to: at(week + 1), certificates: byWeek.get(week) ?? 0 };
    }),
    { kind: 'later', from: at(HISTOGRAM_WEEKS), certificates: byWeek.get(HISTOGRAM_WEEKS) ?? 0 },
  ];
}
